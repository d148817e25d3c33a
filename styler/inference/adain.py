"""Adaptive instance normalization (AdaIN): from a map's statistics to a style's.

Huang & Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
https://arxiv.org/abs/1703.06868, eq. 8: ``std * (x - own mean) / own std + mean``. With a learned
mean and deviation instead of a style's it is instance normalization and its relatives.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from styler.models import Affine, SiteSpec
from styler.styles import FeatureStats

__all__ = ["adain", "affine"]

Vector = TypeVar("Vector", bound=Any)
"""One value a channel, at the end of the shape: a numpy array or a torch tensor."""


def adain(
    own_mean: Vector, own_variance: Vector, mean: Vector, std: Vector, *, eps: float, positions: Any
) -> tuple[Vector, Vector]:
    """The scale and shift that take a map from its own statistics to a mean and a deviation.

    Args:
        own_mean, own_variance: ``(..., C)``, the map's.
        mean, std: ``(..., C)``, the style's or learned.
        eps: added to the variance before its root.
        positions: that the map's statistics are taken over. A single one says nothing of a
            deviation: it takes the mean, and so does all around it.
    """
    scale = std / (own_variance + eps) ** 0.5 * (positions > 1)
    return scale, mean - scale * own_mean


def affine(site: SiteSpec, own: FeatureStats, mean: NDArray[Any], std: NDArray[Any]) -> Affine:
    """:func:`adain` at a site of a model, ``(1, C, 1, 1)`` float32 each.

    Args:
        site: whose groups the map's statistics are pooled over first.
        own: the map's statistics.
        mean, std: ``(C,)``, of the style or learned.
    """
    own = own.pooled(site.groups)
    pair = adain(own.mean, own.variance, mean, std, eps=site.eps, positions=own.count)
    scale, shift = (part.astype(np.float32).reshape(1, -1, 1, 1) for part in pair)
    return scale, shift
