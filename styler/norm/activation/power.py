"""PowerNorm: batch normalization for text, by a running mean square in both passes.

Shen, Yao, Gholami, Mahoney & Keutzer 2020, "PowerNorm: Rethinking Batch Normalization in
Transformers", arXiv:2003.07845.
"""

from typing import Any

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import FeatureNorm, check_features, check_shape
from styler.norm.moments import seen
from styler.norm.registry import register
from styler.norm.statistics import feature_mask, wide

__all__ = ["PowerNorm", "power_norm"]


class _Power(torch.autograd.Function):
    """Division by the running root mean square; the gradient loses what it has along the output."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, root: Tensor, error: Tensor, weights: Tensor | None, decay: float
    ) -> Tensor:
        y = wide(x) / root
        ctx.save_for_backward(y, root, weights)
        ctx.error, ctx.decay, ctx.dtype = error, decay, x.dtype
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        y, root, weights = ctx.saved_tensors
        grad = grads[0]
        moved = (grad - ctx.error * y) / root
        size, along = _row_mean(y.square(), weights), _row_mean(grad * y, weights)
        ctx.error.add_((1 - ctx.decay) * (along - ctx.error * size))
        return moved.to(ctx.dtype), None, None, None, None


def _row_mean(x: Tensor, weights: Tensor | None) -> Tensor:
    """Mean over all axes but the last, ``(d,)``; 0 of nothing."""
    axes = tuple(range(x.dim() - 1))
    if weights is None:
        return x.mean(axes) if x.numel() else x.sum(axes)
    total = weights.sum(axes).clamp_min(torch.finfo(x.dtype).tiny)
    return (seen(x, weights) * weights).sum(axes) / total


def power_norm(
    x: Tensor,
    running_square: Tensor,
    error: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    training: bool = False,
    decay: float = 0.9,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Divide each feature by its running root mean square over all tokens.

    .. math:: y = \gamma \odot \frac{x}{\sqrt{\psi^2 + \epsilon}} + \beta, \qquad
              \psi^2 \leftarrow \alpha \psi^2 + (1 - \alpha) \overline{x^2}

    The gradient loses :math:`\nu \hat x`, with :math:`\nu \leftarrow \nu + (1 - \alpha)
    (\overline{\hat x' \hat x} - \nu \overline{\hat x^2})`.

    Args:
        x: ``(*, d)``, any floating dtype.
        running_square: ``psi^2``, ``(d,)``, updated in place in training after its use.
        error: ``nu``, ``(d,)``, updated in place by the backward pass; ``None`` starts at zero.
        weight, bias: ``(d,)``; ``None`` is 1 and 0.
        eps: added to the mean square; default 1e-5.
        training: update what runs along.
        decay: ``alpha`` in [0, 1]; default 0.9, the paper's.
        mask: weights in [0, 1] that broadcast to ``x``, for example ``(N, length, 1)``: tokens that
            enter the means.

    Returns:
        Shape and dtype of ``x``.

    Raises:
        ParameterError: parameters or a mask that do not fit, a decay outside [0, 1].

    Source: Shen et al. 2020, algorithm 2, without its warm-up by batch norm. Not in torch.
    """
    check_features(x, running_square.shape[0], dim=-1)
    for what, value in (("error", error), ("weight", weight), ("bias", bias)):
        check_shape(what, value, (x.shape[-1],))
    if not 0 <= decay <= 1:
        raise ParameterError(f"decay must be within [0, 1], not {decay!r}")
    root = torch.sqrt(wide(running_square) + eps)
    weights = None if mask is None else feature_mask(x, mask)
    if training:
        held = torch.zeros_like(root) if error is None else error
        y: Tensor = _Power.apply(x, root, held, weights, decay)
        with torch.no_grad():
            square = _row_mean(wide(x).square(), weights)
            rate = (1 - decay) * _something(x, weights)
            running_square.add_((square.to(running_square.dtype) - running_square) * rate)
    else:
        y = wide(x) / root
    if weight is not None:
        y = y * weight
    return (y if bias is None else y + bias).to(x.dtype)


def _something(x: Tensor, weights: Tensor | None) -> Tensor | float:
    """One if there is anything to learn from, else zero."""
    if weights is None:
        return 1.0 if x.numel() else 0.0
    return (weights > 0).any().to(weights.dtype)


@register(
    "power",
    "activation",
    functional=power_norm,
    axes="all tokens of one feature, so far",
    formula="y = g x / sqrt(psi^2 + eps) + b, psi^2 the running mean of x^2",
    shines="transformers for text at the price of batch norm; folds into the next layer",
    source="Shen et al. 2020, arXiv:2003.07845",
    channel_dim=-1,
    aliases=("power_norm",),
)
class PowerNorm(FeatureNorm):
    """:func:`power_norm` with its running mean square and error.

    Args:
        num_features: length of the last axis.
        decay: of what runs along; default 0.9.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    running_square: Tensor
    error: Tensor

    def __init__(
        self,
        num_features: int,
        *,
        decay: float = 0.9,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        self.decay = decay
        self.register_buffer("running_square", torch.ones(num_features, device=device, dtype=dtype))
        self.register_buffer("error", torch.zeros(num_features, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        self.running_square.fill_(1)
        self.error.zero_()

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        return power_norm(
            x,
            self.running_square,
            self.error,
            self.weight,
            self.bias,
            self.eps,
            training=self.training,
            decay=self.decay,
            mask=mask,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, decay={self.decay:g}"
