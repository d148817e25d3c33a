"""Batch norm that lets the current example count at inference: a simulated moving average.

Summers & Dinneen 2020, "Four Things Everyone Should Know to Improve Batch Normalization",
arXiv:1906.03548, section 3.1 ("inference example weighing").
"""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.batch import TORCH_NORMS, BatchNorm
from styler.norm.activation.batch_group import BatchGroupNorm
from styler.norm.activation.instance import instance_norm
from styler.norm.activation.switchable import SwitchableNorm
from styler.norm.base import check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import Stats, channel_moments, check_stats, wide

__all__ = ["WeighedBatchNorm", "choose_alpha", "weigh_examples", "weighed_batch_norm"]


def weighed_batch_norm(
    x: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    alpha: float = 0.0,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Batch norm in evaluation, with the example itself in the moving average by weight alpha.

    .. math:: \mu = \alpha E[x] + (1 - \alpha) m_x, \qquad
              \sigma^2 = \alpha E[x^2] + (1 - \alpha) m_{x^2} - \mu^2

    where :math:`E` is over the positions of one channel of one example. With
    :math:`m_{x^2} = m_{\sigma^2} + m_x^2` this is the merge of two sets of statistics with masses
    alpha and 1 - alpha, which is how it is computed: no cancellation, never negative.

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        running_mean, running_var: ``(C,)``.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        alpha: weight of the example in [0, 1]; 0 is batch norm in evaluation, 1 instance norm.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter ``E``.
        stats: the example's ``(mean, variance)``, each ``(N or 1, C)``, used instead of its own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: alpha outside [0, 1], or a mask that does not fit.

    Source: Summers & Dinneen 2020, eq. 3 (some accounts print E[x]^2 for its E[x^2]). Not in torch.
    """
    check_features(x, running_mean.shape[0])
    check_shape("running_var", running_var, (x.shape[1],))
    _check_alpha(alpha)
    if stats is None:
        stats, _ = channel_moments(x, mask)
    check_stats(stats, x.shape[:2], (1, x.shape[1]))
    (mean, variance), run_mean, run_var = stats, wide(running_mean), wide(running_var)
    apart = (mean - run_mean).square()
    merged = (
        torch.lerp(run_mean.to(mean.dtype), mean, alpha),
        torch.lerp(run_var.to(mean.dtype), variance, alpha) + alpha * (1 - alpha) * apart,
    )
    return instance_norm(x, weight, bias, eps, stats=merged)


@register(
    "batch_weighed",
    "activation",
    functional=weighed_batch_norm,
    axes="N, H, W of one channel; at inference also H, W of the example",
    formula="training as batch; then mean = a E[x] + (1-a) m_x, "
    "var = a E[x^2] + (1-a) m_x2 - mean^2",
    batch=True,
    modes=True,
    shines="repairs the gap between training and inference, above all for small batches",
    source="Summers & Dinneen 2020, arXiv:1906.03548, eq. 3",
    channel_dim=1,
    aliases=("inference_example_weighing",),
)
class WeighedBatchNorm(BatchNorm):
    """Batch norm in training, :func:`weighed_batch_norm` in evaluation.

    Args:
        num_features: channels ``C``.
        alpha: weight of the example at inference; default 0, plain batch norm. It is a setting, not
            a parameter: choose it on validation data with :func:`choose_alpha`.
        eps, momentum, affine, bias, device, dtype: see :class:`styler.norm.BatchNorm`.
    """

    def __init__(
        self,
        num_features: int,
        *,
        alpha: float = 0.0,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features,
            eps=eps,
            momentum=momentum,
            affine=affine,
            bias=bias,
            device=device,
            dtype=dtype,
        )
        self.alpha = _check_alpha(alpha)

    def evaluation_stats(self) -> Stats | None:
        return super().evaluation_stats() if self.alpha == 0 else None

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        if self.uses_batch():
            return super().forward(x, mask, stats)
        if self.alpha == 0:  # whatever the example's statistics are, they do not count
            return super().forward(x)
        assert self.running_mean is not None and self.running_var is not None
        return weighed_batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.alpha,
            self.eps,
            mask=mask,
            stats=stats,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, alpha={self.alpha:g}"


def weigh_examples(model: nn.Module, alpha: float = 0.0) -> nn.Module:
    """Put :class:`WeighedBatchNorm` in place of every batch norm of a trained model, torch's too.

    Parameters and running statistics are shared with the norms that are replaced. Batch-group and
    switchable norms evaluate by other statistics and stay. Returns the model (or its replacement,
    if it is a batch norm itself).
    """
    for name, child in model.named_children():
        setattr(model, name, weigh_examples(child, alpha))
    if isinstance(model, WeighedBatchNorm):
        model.alpha = _check_alpha(alpha)
        return model
    if not isinstance(model, (BatchNorm, *TORCH_NORMS)) or model.running_mean is None:
        return model
    if isinstance(model, (BatchGroupNorm, SwitchableNorm)):
        return model
    new = WeighedBatchNorm(
        model.num_features, alpha=alpha, eps=model.eps, momentum=model.momentum, affine=False
    )
    new.affine = model.affine
    new.weight, new.bias = model.weight, model.bias
    new.running_mean, new.running_var = model.running_mean, model.running_var
    new.num_batches_tracked = model.num_batches_tracked
    new.frozen = isinstance(model, BatchNorm) and model.frozen
    return new.train(model.training)


@torch.no_grad()
def choose_alpha(
    model: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    loss: Callable[[Tensor, Tensor], Tensor],
    alphas: Sequence[float] = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
) -> float:
    """Choose alpha on validation data, set it in every :class:`WeighedBatchNorm`, and return it.

    Args:
        model: holds at least one :class:`WeighedBatchNorm` (see :func:`weigh_examples`). It is
            evaluated in evaluation mode; every part is left in the mode it was in.
        batches: validation inputs and targets; run through once for every alpha.
        loss: mean loss of an output and a target; smaller is better. Batches count by their length.
        alphas: values to try; the first of the best ones wins.

    Raises:
        ParameterError: the model has no such norm, or there is nothing to evaluate.
    """
    norms = [m for m in model.modules() if isinstance(m, WeighedBatchNorm)]
    data = list(batches)
    if not norms or not data or not alphas:
        raise ParameterError("choose_alpha needs a weighed batch norm, a batch and an alpha to try")
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    losses = []
    for alpha in alphas:
        for norm in norms:
            norm.alpha = _check_alpha(alpha)
        losses.append(sum(float(loss(model(x), y)) * len(x) for x, y in data))
    best = alphas[losses.index(min(losses))]
    for norm in norms:
        norm.alpha = best
    for module, training in modes:
        module.training = training
    return best


def _check_alpha(alpha: float) -> float:
    if not 0 <= alpha <= 1:
        raise ParameterError(f"alpha must be within [0, 1], not {alpha!r}")
    return alpha
