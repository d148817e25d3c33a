"""Division by any power mean of the features: RMS norm is the case p = 2.

Hoffer, Banner, Golan & Soudry 2018, "Norm matters: efficient and accurate normalization schemes in
deep networks", arXiv:1803.01814 (p = 1 and infinity); the exponent of the divisor as in the power
normalization of Perronnin, Sanchez & Mensink 2010.
"""

from math import inf

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import FeatureNorm, check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import check_feature_stats, feature_mask, wide

__all__ = ["LpNorm", "lp_norm", "power_mean"]


def power_mean(x: Tensor, p: float = 2.0, *, mask: Tensor | None = None) -> Tensor:
    r"""Power mean of the absolute values along the last axis, kept with length 1.

    .. math:: M_p(x) = \left( \frac{1}{d} \sum_i |x_i|^p \right)^{1/p}, \qquad
              M_\infty(x) = \max_i |x_i|

    Args:
        x: ``(*, d)``, any floating dtype.
        p: above 0; ``inf`` is the largest.
        mask: weights in [0, 1] that broadcast to ``x``; for ``inf`` what is above 0 counts.

    Raises:
        ParameterError: an order that is not positive, or a mask that does not fit.
    """
    if not p > 0:
        raise ParameterError(f"p must be above 0, not {p!r}")
    size = wide(x).abs()
    if mask is not None:
        weights = feature_mask(x, mask)
        size = torch.where(weights > 0, size, 0)
    if p == inf:
        return size.amax(-1, keepdim=True)
    # divided by the largest first: powers of large values overflow
    largest = size.detach().amax(-1, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)
    powers = (size / largest).pow(p)
    if mask is None:
        mean = powers.mean(-1, keepdim=True)
    else:
        total = weights.sum(-1, keepdim=True).clamp_min(torch.finfo(size.dtype).tiny)
        mean = (powers * weights).sum(-1, keepdim=True) / total
    nothing = mean <= 0
    return torch.where(nothing, 0, largest * torch.where(nothing, 1, mean).pow(1 / p))


def lp_norm(
    x: Tensor,
    p: float = 2.0,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-6,
    *,
    power: float = 1.0,
    mask: Tensor | None = None,
    stats: Tensor | None = None,
) -> Tensor:
    r"""Divide the last axis by a power of its power mean.

    .. math:: y = \gamma \odot \frac{x}{(M_p(x) + \epsilon)^q} + \beta, \qquad
              M_p(x) = \left( \frac{1}{d} \sum_i |x_i|^p \right)^{1/p}

    Args:
        x: ``(*, d)``, any floating dtype.
        p: above 0; 1 is the mean size, 2 the root mean square, ``inf`` the largest.
        weight, bias: ``(d,)``; ``None`` is 1 and 0.
        eps: added to the mean; default 1e-6.
        power: ``q`` in [0, 1]; below 1 a part of the length is left.
        mask: weights in [0, 1] that broadcast to ``x``: features that enter the mean.
        stats: the power mean, broadcastable to ``x``, used instead of the input's own.

    Returns:
        Shape and dtype of ``x``.

    Raises:
        ParameterError: an order that is not positive, a power outside [0, 1], a mask that does not
            fit.

    Source: Hoffer et al. 2018, section 4. :class:`torch.nn.RMSNorm` is ``p`` 2 with ``eps`` under
    the root.
    """
    check_features(x, dim=-1)
    if not 0 <= power <= 1:
        raise ParameterError(f"power must be within [0, 1], not {power!r}")
    for what, value in (("weight", weight), ("bias", bias)):
        check_shape(what, value, (x.shape[-1],))
    if stats is None:
        stats = power_mean(x, p, mask=mask)
    check_feature_stats(stats, x)
    y = wide(x) * (stats + eps).pow(-power)
    if weight is not None:
        y = y * weight
    return (y if bias is None else y + bias).to(x.dtype)


@register(
    "lp",
    "activation",
    functional=lp_norm,
    axes="the last axis (features) of each position",
    formula="y = g x / (mean(|x|^p)^(1/p) + eps)^q + b",
    shines="half precision and integer arithmetic: p = 1 and infinity need no squares",
    source="Hoffer et al. 2018, arXiv:1803.01814",
    channel_dim=-1,
    aliases=("power_mean",),
)
class LpNorm(FeatureNorm):
    """:func:`lp_norm` with a learned weight, and on request a bias.

    Args:
        num_features: length of the last axis.
        p: order of the mean; default 1.
        power: of the divisor; default 1.
        eps: added to the mean; default 1e-6.
        affine, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
        bias: learn a bias too; default ``False``.
    """

    def __init__(
        self,
        num_features: int,
        *,
        p: float = 1.0,
        power: float = 1.0,
        eps: float = 1e-6,
        affine: bool = True,
        bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        if not p > 0:
            raise ParameterError(f"p must be above 0, not {p!r}")
        if not 0 <= power <= 1:
            raise ParameterError(f"power must be within [0, 1], not {power!r}")
        self.p, self.power = p, power

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        return lp_norm(
            x,
            self.p,
            self.weight,
            self.bias,
            self.eps,
            power=self.power,
            mask=mask,
            stats=stats,
        )

    def extra_repr(self) -> str:
        return f"{self.num_features}, p={self.p:g}, power={self.power:g}, eps={self.eps:g}"
