"""Group norm of maps with scale and shift from a condition: time steps and classes in diffusion.

Dhariwal & Nichol 2021, "Diffusion Models Beat GANs on Image Synthesis", arXiv:2105.05233.
"""

from math import gcd

import torch
from torch import Tensor

from styler.norm.activation.film import Conditioned
from styler.norm.activation.group import check_groups, group_norm
from styler.norm.base import check_eps, check_features
from styler.norm.registry import register
from styler.norm.statistics import Stats, wide

__all__ = ["AdaptiveGroupNorm", "adaptive_group_norm"]


def adaptive_group_norm(
    x: Tensor,
    groups: int,
    scale: Tensor,
    shift: Tensor,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Group norm, scaled and shifted for each sample.

    .. math:: y_{nchw} = (1 + s_{nc}) \frac{x_{nchw} - \mu_{ng}}{\sqrt{\sigma^2_{ng} + \epsilon}}
              + t_{nc}

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        groups: number of groups; must divide ``C``.
        scale, shift: ``(C,)`` or ``(N or 1, C)``; zero for both is plain group norm.
        eps: added to the variance; default 1e-5.
        mask, stats: see :func:`styler.norm.group_norm`.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: groups that do not divide the channels, conditions that do not fit.

    Source: Dhariwal & Nichol 2021, section 3.1. Not in torch.
    """
    return group_norm(x, groups, 1 + wide(scale), wide(shift), eps, mask=mask, stats=stats)


@register(
    "adaptive_group",
    "activation",
    functional=adaptive_group_norm,
    axes="C/G channels, H, W of one sample",
    formula="y = (1 + s(c)) (x - mean_ng) / sqrt(var_ng + eps) + t(c)",
    shines="diffusion models and other conditional convolutional networks",
    source="Dhariwal & Nichol 2021, arXiv:2105.05233",
    channel_dim=1,
    aliases=("adagn", "ada_group"),
)
class AdaptiveGroupNorm(Conditioned):
    """:func:`adaptive_group_norm` with scale and shift from a condition.

    Args:
        num_features: channels ``C``.
        condition_features: length of the condition.
        groups: number of groups; ``None`` is the largest divisor of ``C`` that divides 32 too.
        eps: added to the variance; default 1e-5.
        device, dtype: of the parameters.

    ``forward(x, condition)`` takes ``(N, C, *spatial)`` and ``(N, condition_features)``. A
    condition of zeros gives plain group norm.
    """

    def __init__(
        self,
        num_features: int,
        condition_features: int,
        *,
        groups: int | None = None,
        eps: float = 1e-5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, condition_features, device=device, dtype=dtype)
        groups = gcd(32, self.num_features) if groups is None else groups
        self.groups, self.eps = check_groups(groups, self.num_features), check_eps(eps)

    def forward(
        self,
        x: Tensor,
        condition: Tensor,
        mask: Tensor | None = None,
        stats: Stats | None = None,
    ) -> Tensor:
        check_features(x, self.num_features)
        scale, shift = self.coefficients(condition)
        return adaptive_group_norm(x, self.groups, scale, shift, self.eps, mask=mask, stats=stats)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, groups={self.groups}, eps={self.eps:g}"
