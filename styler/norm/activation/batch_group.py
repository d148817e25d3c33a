"""Batch and group normalization in one: statistics over a group of channels and of samples.

Summers & Dinneen 2020, "Four Things Everyone Should Know to Improve Batch Normalization",
arXiv:1906.03548, section 3.4.
"""

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.activation.batch import BatchNorm, update_running
from styler.norm.activation.group import check_groups
from styler.norm.base import check_features, check_shape
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_affine,
    channel_moments,
    check_stats,
    effective_count,
    merge,
)

__all__ = ["BatchGroupNorm", "batch_group_norm", "batch_group_stats"]


def batch_group_stats(x: Tensor, groups: int, mask: Tensor | None = None) -> tuple[Stats, Tensor]:
    """Mean and variance of each group of channels over the batch, ``(groups,)``; and the count."""
    (mean, variance), mass = channel_moments(x, mask)
    n, c = x.shape[:2]
    parts = mean.reshape(n, groups, c // groups), variance.reshape(n, groups, c // groups)
    (mean, variance), _ = merge(parts, mass[:, :, None], (0, 2))
    count = effective_count(mass, None if mask is None else spatial_mask(x, mask))
    return (mean.reshape(groups), variance.reshape(groups)), count * (c // groups)


def batch_group_norm(
    x: Tensor,
    groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each group of channels over the whole batch.

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_g}{\sqrt{\sigma^2_g + \epsilon}} + \beta_c

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        groups: number of groups; must divide ``C``. ``C`` groups are batch norm in training, a
            batch of one sample is group norm.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: ``(mean, variance)``, each ``(groups,)``, used instead of the batch's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: groups that do not divide the channels, or a mask that does not fit.

    Source: Summers & Dinneen 2020, section 3.4. Not in torch.
    """
    check_features(x)
    channels = x.shape[1]
    groups = check_groups(groups, channels)
    for what, value in (("weight", weight), ("bias", bias)):
        check_shape(what, value, (channels,))
    if stats is None:
        stats, _ = batch_group_stats(x, groups, mask)
    check_stats(stats, (groups,))
    mean, variance = (s.repeat_interleave(channels // groups) for s in stats)
    return channel_affine(x, (mean, variance), weight, bias, eps)


@register(
    "batch_group",
    "activation",
    functional=batch_group_norm,
    axes="N, C/G channels, H, W",
    formula="y = g_c (x - mean_g) / sqrt(var_g + eps) + b_c; running statistics in evaluation",
    batch=True,
    modes=True,
    shines="very small batches, with the regularizing noise of batch norm",
    source="Summers & Dinneen 2020, arXiv:1906.03548, section 3.4",
    channel_dim=1,
)
class BatchGroupNorm(BatchNorm):
    """:func:`batch_group_norm` in training, running statistics of the groups in evaluation.

    Args:
        num_features: channels ``C``.
        groups: number of groups; must divide ``C``.
        eps, momentum, affine, bias, track_running_stats, device, dtype: see
            :class:`styler.norm.BatchNorm`.
    """

    def __init__(
        self,
        num_features: int,
        groups: int,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        bias: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.groups = check_groups(groups, num_features)
        super().__init__(
            num_features,
            eps=eps,
            momentum=momentum,
            affine=affine,
            bias=bias,
            track_running_stats=track_running_stats,
            device=device,
            dtype=dtype,
        )

    def running_shape(self) -> tuple[int, ...]:
        return (self.groups,)

    def evaluation_stats(self) -> Stats | None:
        stats = super().evaluation_stats()
        if stats is None:
            return None
        mean, variance = (s.repeat_interleave(self.num_features // self.groups) for s in stats)
        return mean, variance

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        self.check_input(x)
        if stats is None and self.uses_batch() and x.numel():
            if x[:1].numel() == x.numel() == self.groups:
                raise ParameterError(
                    f"batch-group norm needs more than one value per group: {tuple(x.shape)}"
                )
            stats, count = batch_group_stats(x, self.groups, mask)
            update_running(self.running_mean, self.running_var, stats, count, self.next_momentum())
        elif stats is None and self.running_mean is not None:
            assert self.running_var is not None
            stats = self.running_mean, self.running_var
        return batch_group_norm(x, self.groups, self.weight, self.bias, self.eps, stats=stats)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, groups={self.groups}"
