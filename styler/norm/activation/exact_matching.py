"""Exact feature distribution matching: each channel of the content gets the style's values.

Zhang, Li, Li, Jia & Zhang 2022, "Exact Feature Distribution Matching for Arbitrary Style Transfer
and Domain Generalization", arXiv:2203.07740.
"""

from math import prod

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["ExactMatching", "match_distribution"]


def match_distribution(x: Tensor, style: Tensor) -> Tensor:
    r"""Give each channel of the content the distribution of the style's, by the order of values.

    .. math:: y_{\tau_i} = x_{\tau_i} + s_{\kappa_i} - \langle x_{\tau_i} \rangle

    with the positions in the order of their values, :math:`\tau` of the content and
    :math:`\kappa` of the style. No gradient flows through what is in angle brackets, nor to the
    style: that in the content is the identity.

    Args:
        x: content features, ``(N, C, *spatial)``, any floating dtype.
        style: ``(N or 1, C, *spatial)``; with another number of positions its quantiles count,
            linear between values.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: channels or samples differ, or a style without positions.

    Source: Zhang et al. 2022, eq. 6. Not in torch. Mean and deviation, which AdaIN matches, are
    two of the moments that this does.
    """
    check_features(x)
    check_features(style, x.shape[1])
    n, c, *spatial = x.shape
    if style.shape[0] not in (1, n):
        raise ParameterError(f"{style.shape[0]} styles do not fit {n} samples: give 1 or {n}")
    rows = x.detach().reshape(n, c, prod(spatial))
    order = rows.argsort(2).argsort(2)  # the rank of each position
    values = wide(style.detach()).flatten(2).expand(n, -1, -1).sort(2).values
    if values.shape[2] != rows.shape[2]:
        if not values.shape[2]:
            raise ParameterError("a style without positions has no distribution to match")
        values = _quantiles(values, rows.shape[2])
    matched = values.gather(2, order).reshape(x.shape)
    return x + (matched - x.detach()).to(x.dtype)


def _quantiles(values: Tensor, count: int) -> Tensor:
    """Sorted values at ``count`` evenly spaced places, linear between them."""
    last = values.shape[2] - 1
    steps = torch.arange(count, dtype=values.dtype, device=values.device)
    places = steps * (last / (count - 1 or 1))
    left = places.floor().long().clamp(0, max(0, last - 1))
    right = (left + 1).clamp_max(last)
    return torch.lerp(values[:, :, left], values[:, :, right], places - left)


@register(
    "exact_matching",
    "activation",
    functional=match_distribution,
    axes="H, W of one channel of one sample, in order of value",
    formula="y = the style's sorted values at the content's ranks",
    shines="style transfer and augmentation that mean and deviation are too coarse for",
    source="Zhang et al. 2022, arXiv:2203.07740",
    channel_dim=1,
    aliases=("efdm", "histogram_matching"),
)
class ExactMatching(nn.Module):
    """:func:`match_distribution` as a module without parameters; ``forward(x, style)``.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
    """

    def __init__(self, num_features: int | None = None) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        check_features(x, self.num_features)
        return match_distribution(x, style)
