"""EvoNorm-S0: a norm and an activation found together by search, for one sample at a time.

Liu, Brock, Simonyan & Le 2020, "Evolving Normalization-Activation Layers", arXiv:2004.02967.
"""

from math import gcd
from typing import ClassVar

import torch
from torch import Tensor, nn

from styler.norm.activation.group import check_groups, group_stats
from styler.norm.base import FeatureNorm, also_called, check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import check_stats, per_channel, wide

__all__ = ["EvoNormS0", "evonorm_s0"]


def evonorm_s0(
    x: Tensor,
    groups: int,
    slope: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Tensor | None = None,
) -> Tensor:
    r"""A gated input over the deviation of its group.

    .. math:: y = \gamma \frac{x \, \mathrm{sigmoid}(v x)}{\sqrt{\sigma^2_{ng} + \epsilon}} + \beta

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        groups: number of groups; must divide ``C``.
        slope: ``v``, ``(C,)``.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the variance.
        stats: the variances ``(N or 1, groups)``, used instead of the input's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: groups that do not divide the channels, or a mask that does not fit.

    Source: Liu et al. 2020, table 2. Not in torch.
    """
    check_features(x)
    channels = x.shape[1]
    groups = check_groups(groups, channels)
    for what, value in (("slope", slope), ("weight", weight), ("bias", bias)):
        check_shape(what, value, (channels,))
    if stats is None:
        _, stats = group_stats(x, groups, mask)
    check_stats(stats, (x.shape[0], groups), (1, groups))
    rate = torch.rsqrt(stats + eps).repeat_interleave(channels // groups, 1)
    scale = per_channel(rate if weight is None else rate * weight, x)
    values = wide(x)
    y = values * torch.sigmoid(values * per_channel(slope, x)) * scale
    return (y if bias is None else y + per_channel(bias, x)).to(x.dtype)


@register(
    "evo_s0",
    "activation",
    functional=evonorm_s0,
    axes="C/G channels, H, W of one sample",
    formula="y = g_c x sigmoid(v_c x) / sqrt(var_ng + eps) + b_c",
    shines="small batches; norm and activation in one",
    source="Liu et al. 2020, arXiv:2004.02967",
    channel_dim=1,
    aliases=("evonorm_s0", "evonorm_2d_s0"),
)
@also_called(num_channels="num_features", num_groups="groups")
class EvoNormS0(FeatureNorm):
    """:func:`evonorm_s0` with learned slope (starting at 1), weight and bias.

    Args:
        num_features: channels ``C``.
        groups: number of groups; ``None`` is the largest divisor of ``C`` that divides 32 too.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    state_names: ClassVar[dict[str, str]] = {"v": "slope"}

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
        self.groups = gcd(32, self.num_features) if groups is None else groups
        self.groups = check_groups(self.groups, num_features)
        self.slope = nn.Parameter(torch.ones(num_features, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.ones_(self.slope)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features)
        return evonorm_s0(
            x, self.groups, self.slope, self.weight, self.bias, self.eps, mask=mask, stats=stats
        )

    def extra_repr(self) -> str:
        return f"{self.num_features}, groups={self.groups}, eps={self.eps:g}"
