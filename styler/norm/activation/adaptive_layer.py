"""Layer norm with scale and shift from a condition, and its gated form that starts as nothing.

Peebles & Xie 2022, "Scalable Diffusion Models with Transformers", arXiv:2212.09748 (DiT).
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.layer import layer_norm
from styler.norm.base import check_count, check_eps, check_features
from styler.norm.registry import register
from styler.norm.statistics import Stats, rescale

__all__ = ["AdaptiveLayerNorm", "AdaptiveLayerNormZero", "adaptive_layer_norm"]


def adaptive_layer_norm(
    x: Tensor,
    scale: Tensor,
    shift: Tensor,
    eps: float = 1e-6,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Layer norm over the last axis, scaled and shifted for each sample, or for each token.

    .. math:: y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} (1 + s) + t

    Args:
        x: ``(N, *, d)``, any floating dtype.
        scale, shift: ``(N or 1, d)``, or of as many axes as ``x`` and broadcasting to it: one for
            each token. Zero for both is plain layer norm.
        eps: added to the variance; default 1e-6, DiT's.
        mask, stats: see :func:`styler.norm.layer_norm`.

    Returns:
        Shape and dtype of ``x``.

    Raises:
        ParameterError: no floating tensor, or a mask that does not fit.

    Source: Peebles & Xie 2022, section 3.2. Not in torch.
    """
    check_features(x, dim=-1)
    y = layer_norm(x, x.shape[-1:], eps=eps, mask=mask, stats=stats)
    return rescale(y, 1 + for_tokens("scale", scale, x), for_tokens("shift", shift, x))


def for_tokens(what: str, value: Tensor, x: Tensor) -> Tensor:
    """``(N or 1, d)`` as ``(N or 1, 1, ..., d)``; what has the axes of ``x`` as it is."""
    if value.dim() == 2:
        value = value.reshape(value.shape[0], *[1] * (x.dim() - 2), value.shape[1])
    lengths = zip(value.shape, x.shape, strict=False)
    if value.dim() != x.dim() or any(own not in (1, length) for own, length in lengths):
        raise ParameterError(
            f"{what} of shape {tuple(value.shape)} fits neither samples nor tokens of "
            f"{tuple(x.shape)}: give {(x.shape[0], x.shape[-1])} or {tuple(x.shape)}"
        )
    return value


@register(
    "adaptive_layer",
    "activation",
    functional=adaptive_layer_norm,
    axes="the last axis (features) of each position",
    formula="y = (1 + s(c)) (x - mean) / sqrt(var + eps) + t(c)",
    shines="transformers conditioned on a class, a time step or a style",
    source="Peebles & Xie 2022, arXiv:2212.09748",
    channel_dim=-1,
    aliases=("adaln",),
)
class AdaptiveLayerNorm(nn.Module):
    """:func:`adaptive_layer_norm` with scale and shift from a condition: SiLU, then a linear layer.

    Args:
        num_features: length ``d`` of the last axis.
        condition_features: length of the condition.
        eps: added to the variance; default 1e-6.
        device, dtype: of the parameters.

    ``forward(x, condition)`` takes ``(N, *, d)`` and ``(N, condition_features)``, or a condition
    for each token, ``(N, *, condition_features)``. A condition of zeros gives plain layer norm,
    since the linear layer starts without bias.
    """

    outputs = 2

    def __init__(
        self,
        num_features: int,
        condition_features: int,
        *,
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.condition_features = check_count("condition_features", condition_features)
        self.eps = check_eps(eps)
        self.modulation = nn.Sequential(
            nn.SiLU(),
            nn.Linear(condition_features, self.outputs * num_features, device=device, dtype=dtype),
        )
        AdaptiveLayerNorm.reset_parameters(self)

    @property
    def linear(self) -> nn.Linear:
        """The layer that turns the condition into scale and shift (and gate)."""
        linear = self.modulation[1]
        assert isinstance(linear, nn.Linear)
        return linear

    def reset_parameters(self) -> None:
        """Xavier weights, zero bias."""
        nn.init.xavier_uniform_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self,
        x: Tensor,
        condition: Tensor,
        mask: Tensor | None = None,
        stats: Stats | None = None,
    ) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        check_features(condition, self.condition_features, dim=-1)
        scale, shift = self.modulation(condition).chunk(2, -1)
        return adaptive_layer_norm(x, scale, shift, self.eps, mask=mask, stats=stats)

    def extra_repr(self) -> str:
        return f"{self.num_features}, {self.condition_features}, eps={self.eps:g}"


@register(
    "adaptive_layer_zero",
    "activation",
    axes="the last axis (features) of each position",
    formula="y = x + a(c) f((1 + s(c)) LN(x) + t(c)), with a, s, t zero at the start",
    shines="deep conditional transformers (DiT): every block starts as the identity",
    source="Peebles & Xie 2022, arXiv:2212.09748",
    channel_dim=-1,
    aliases=("adaln_zero",),
)
class AdaptiveLayerNormZero(AdaptiveLayerNorm):
    r"""A residual branch with adaptive layer norm before it and a gate from the condition after it.

    .. math:: y = x + a(c) \odot f\left((1 + s(c)) \mathrm{LN}(x) + t(c)\right)

    The linear layer starts at zero, so the gate is closed and the whole starts as the identity.

    Args:
        num_features: length ``d`` of the last axis.
        condition_features: length of the condition.
        branch: what stands in the residual branch: maps ``(N, *, d)`` to the same shape; ``None``
            is the identity.
        eps: added to the variance; default 1e-6.
        device, dtype: of the parameters.

    ``forward(x, condition)`` takes ``(N, *, d)`` and ``(N, condition_features)`` or
    ``(N, *, condition_features)``, and returns shape and dtype of ``x``.

    Raises:
        ParameterError: other features, no floating tensor, or a mask that does not fit.

    Source: Peebles & Xie 2022, section 3.2, adaLN-Zero. Not in torch.
    """

    outputs = 3

    def __init__(
        self,
        num_features: int,
        condition_features: int,
        branch: nn.Module | None = None,
        *,
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, condition_features, eps=eps, device=device, dtype=dtype)
        self.branch = nn.Identity() if branch is None else branch
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Zero weights and bias of the condition's layer: the identity, whatever the branch is."""
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(
        self,
        x: Tensor,
        condition: Tensor,
        mask: Tensor | None = None,
        stats: Stats | None = None,
    ) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        check_features(condition, self.condition_features, dim=-1)
        scale, shift, gate = self.modulation(condition).chunk(3, -1)
        y = self.branch(adaptive_layer_norm(x, scale, shift, self.eps, mask=mask, stats=stats))
        return torch.addcmul(x, y, for_tokens("gate", gate, x).to(x.dtype))
