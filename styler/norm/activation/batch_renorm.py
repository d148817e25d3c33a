"""Batch renormalization: training corrected towards what evaluation will do.

Ioffe 2017, "Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized
Models", arXiv:1702.03275.
"""

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.activation.batch import BatchNorm, batch_stats, update_running
from styler.norm.base import check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import Stats, channel_affine, standardize_channels

__all__ = ["BatchRenorm", "batch_renorm", "renorm_limits"]


def batch_renorm(
    x: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    r_max: float = 3.0,
    d_max: float = 5.0,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Batch norm in training, corrected by how far the batch is from the running statistics.

    .. math:: y = \gamma \left( \frac{x - \mu_B}{\sigma_B} r + d \right) + \beta, \\
              r = \mathrm{clip}\left(\frac{\sigma_B}{\sigma}, \frac{1}{r_{max}}, r_{max}\right), \\
              d = \mathrm{clip}\left(\frac{\mu_B - \mu}{\sigma}, -d_{max}, d_{max}\right)

    No gradient flows through ``r`` and ``d``; deviations are roots of variance plus ``eps``.

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        running_mean, running_var: ``(C,)``, updated in place after use.
        weight, bias, momentum, eps, mask: see :func:`styler.norm.batch_norm`.
        r_max, d_max: limits; 1 and 0 are plain batch norm. See :func:`renorm_limits`.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: ``r_max`` below 1, ``d_max`` below 0, or one value per channel.

    Source: Ioffe 2017, algorithm 1, which averages deviations; here variances, as in batch norm.
    Not in torch.
    """
    check_features(x, running_mean.shape[0])
    if r_max < 1 or d_max < 0:
        raise ParameterError(f"r_max must be at least 1, d_max at least 0: got {r_max}, {d_max}")
    for what, value in (("running_var", running_var), ("weight", weight), ("bias", bias)):
        check_shape(what, value, (x.shape[1],))
    if x.numel() == x.shape[1]:
        raise ParameterError(
            f"batch renorm in training needs more than one value per channel: {tuple(x.shape)}"
        )
    with torch.set_grad_enabled(mask is not None and torch.is_grad_enabled()):
        stats, count = batch_stats(x, mask)
    with torch.no_grad():
        mean, variance = stats
        deviation, running = torch.sqrt(variance + eps), torch.sqrt(running_var + eps)
        r = (deviation / running).clamp(1 / r_max, r_max)
        d = ((mean - running_mean) / running).clamp(-d_max, d_max)
        update_running(running_mean, running_var, stats, count, momentum)
    scale = r if weight is None else r * weight
    shift = d if weight is None else d * weight
    if bias is not None:
        shift = shift + bias
    if mask is None:
        return standardize_channels(x, scale, shift, eps)
    return channel_affine(x, stats, scale, shift, eps)


def renorm_limits(step: int) -> tuple[float, float]:
    """The paper's schedule of ``(r_max, d_max)``: batch norm to step 5000, then rising.

    ``r_max`` goes from 1 to 3 by step 40,000 and ``d_max`` from 0 to 5 by step 25,000 (Ioffe 2017,
    section 4.1).
    """
    rise = [min(max((step - 5_000) / (end - 5_000), 0.0), 1.0) for end in (40_000, 25_000)]
    return 1 + 2 * rise[0], 5 * rise[1]


@register(
    "batch_renorm",
    "activation",
    functional=batch_renorm,
    axes="N, H, W of one channel, and running statistics",
    formula="y = g (r (x - mean_B) / sd_B + d) + b, r = clip(sd_B / sd), "
    "d = clip((mean_B - mean) / sd)",
    batch=True,
    modes=True,
    shines="small or unlike batches, when evaluation must match training",
    source="Ioffe 2017, arXiv:1702.03275",
    channel_dim=1,
)
class BatchRenorm(BatchNorm):
    """:func:`batch_renorm` in training, batch norm by running statistics in evaluation.

    Args:
        num_features: channels ``C``.
        r_max, d_max: limits, 3 and 5; plain attributes, so that a schedule can set them
            (``m.r_max, m.d_max = renorm_limits(step)``).
        eps, momentum, affine, bias, device, dtype: see :class:`styler.norm.BatchNorm`.
    """

    def __init__(
        self,
        num_features: int,
        *,
        r_max: float = 3.0,
        d_max: float = 5.0,
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
        self.r_max, self.d_max = r_max, d_max

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        if not self.uses_batch() or stats is not None or not x.numel():
            return super().forward(x, mask, stats)
        self.check_input(x)
        assert self.running_mean is not None and self.running_var is not None
        return batch_renorm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.next_momentum(),
            self.eps,
            r_max=self.r_max,
            d_max=self.d_max,
            mask=mask,
        )

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, r_max={self.r_max:g}, d_max={self.d_max:g}"
