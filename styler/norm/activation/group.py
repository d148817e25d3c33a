"""Group normalization: channels of one sample in groups, each with one mean and variance.

Wu & He 2018, "Group Normalization", arXiv:1803.08494.
"""

from math import gcd, prod

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import (
    FeatureNorm,
    also_called,
    cast,
    check_count,
    check_features,
    is_traced,
)
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_affine,
    channel_moments,
    check_condition,
    check_stats,
    is_channels_last,
    merge,
)

__all__ = ["GroupNorm", "check_groups", "group_norm", "group_stats"]


def check_groups(groups: int, channels: int) -> int:
    """``groups`` if it divides ``channels``."""
    if channels % check_count("groups", groups):
        raise ParameterError(
            f"{groups} groups do not divide {channels} channels: try {gcd(groups, channels)}"
        )
    return check_count("groups", groups)


def is_shared(*parameters: Tensor | None) -> bool:
    """Whether no sample has parameters of its own."""
    return all(p is None or p.dim() == 1 for p in parameters)


def kernel(
    x: Tensor, groups: int, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor | None:
    """torch's group norm, or ``None`` where its result is not to be trusted.

    On a CPU in channels_last it takes the variance as E[x^2] - E[x]^2, whose relative error grows
    with (mean / deviation)^2: beyond 32 deviations it costs more than four of float32's seven
    digits.
    """
    if x.device.type != "cpu" or x.is_contiguous() or not is_channels_last(x):
        return torch.group_norm(x, groups, weight, bias, eps)
    if is_traced() or torch._C._are_functorch_transforms_active():  # no look at values there
        return None
    n, c, *spatial = x.shape
    y, mean, rate = torch.native_group_norm(x, weight, bias, n, c, prod(spatial), groups, eps)
    return y if bool((mean * rate).abs().max() < 32) else None


def group_stats(x: Tensor, groups: int, mask: Tensor | None = None) -> Stats:
    """Mean and variance of each group of each sample, ``(N, groups)``."""
    (mean, variance), mass = channel_moments(x, mask)
    shape = (x.shape[0], groups, x.shape[1] // groups)
    merged, _ = merge((mean.reshape(shape), variance.reshape(shape)), mass[:, :, None], 2)
    return merged[0].squeeze(2), merged[1].squeeze(2)


def group_norm(
    x: Tensor,
    groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each group of channels of each sample.

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_{ng}}{\sqrt{\sigma^2_{ng} + \epsilon}}
              + \beta_c, \quad g = \lfloor c G / C \rfloor

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        groups: number of groups; must divide ``C``. 1 is the whole sample, ``C`` instance norm.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: ``(mean, variance)``, each ``(N or 1, groups)``, used instead of the input's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: groups that do not divide the channels, or a mask that does not fit.

    Source: Wu & He 2018, eq. 1 to 4. Equal to :func:`torch.nn.functional.group_norm` (the kernel
    used without mask and stats, but for channels_last maps far from zero), which refuses groups of
    one value, but only in batches of one. Here such a value becomes ``bias``, as the formula has
    it.
    """
    check_features(x)
    channels = x.shape[1]
    groups = check_groups(groups, channels)
    check_condition("weight", weight, x)
    check_condition("bias", bias, x)
    if stats is None and mask is None and x.numel() and is_shared(weight, bias):
        y = kernel(x, groups, cast(weight, x), cast(bias, x), eps)
        if y is not None:
            return y
    if stats is None:
        stats = group_stats(x, groups, mask)
    check_stats(stats, (x.shape[0], groups), (1, groups))
    mean, variance = (s.repeat_interleave(channels // groups, 1) for s in stats)
    return channel_affine(x, (mean, variance), weight, bias, eps)


@register(
    "group",
    "activation",
    functional=group_norm,
    axes="C/G channels, H, W of one sample",
    formula="y = g_c (x - mean_ng) / sqrt(var_ng + eps) + b_c",
    shines="convolutional networks with small batches: detection, segmentation, video",
    source="Wu & He 2018, arXiv:1803.08494",
    channel_dim=1,
    torch="torch.nn.GroupNorm",
    aliases=("gn", "group_norm"),
)
@also_called(num_channels="num_features", num_groups="groups")
class GroupNorm(FeatureNorm):
    """:func:`group_norm` with learned weight and bias.

    Args:
        num_features: channels ``C``. First, as in every norm here: torch's GroupNorm takes the
            groups first. ``num_channels`` and ``num_groups`` are understood, too.
        groups: number of groups; ``None`` is the largest divisor of ``C`` that divides 32 too.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    def __init__(
        self,
        num_features: int,
        *,
        groups: int | None = None,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        self.groups = (
            gcd(32, self.num_features) if groups is None else check_groups(groups, num_features)
        )

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        check_features(x, self.num_features)
        return group_norm(x, self.groups, self.weight, self.bias, self.eps, mask=mask, stats=stats)

    def extra_repr(self) -> str:
        return f"{self.num_features}, groups={self.groups}, eps={self.eps:g}, affine={self.affine}"
