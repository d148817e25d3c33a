"""Adaptive instance normalization (AdaIN): from a map's statistics to a style's.

Huang & Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
https://arxiv.org/abs/1703.06868, eq. 8: ``std * (x - own mean) / own std + mean``. With a learned
mean and deviation instead of a style's it is instance normalization and its relatives.
"""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from styler.models import SiteSpec
from styler.styles import FeatureStats

from .padding import Window

__all__ = ["Affine", "adain", "affine"]

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


@dataclass(frozen=True, eq=False)
class Affine:
    """Scale and shift of a site, of each region of a picture.

    Attributes:
        scale, shift: ``(R, C)`` float64.
        shares: ``(R, h, w)`` float32, what each region has of every position, of sum 1; ``None``
            where a single one has all.
    """

    scale: NDArray[np.float64]
    shift: NDArray[np.float64]
    shares: NDArray[np.float32] | None = None

    def at(self, window: Window) -> "Affine":
        """For a part of the map."""
        return self if self.shares is None else replace(self, shares=self.shares[:, *window])

    def arrays(self, dtype: DTypeLike = np.float32) -> tuple[NDArray[Any], NDArray[Any]]:
        """Scale and shift of each channel, ``(1, C, 1, 1)``, or of each position,
        ``(1, C, h, w)``: the mean of all regions' by their shares."""
        regions = self.scale.T.astype(dtype), self.shift.T.astype(dtype)
        if self.shares is None:
            scale, shift = (values.reshape(1, -1, 1, 1) for values in regions)
        else:
            shares = self.shares.astype(dtype, copy=False)
            scale, shift = (np.tensordot(values, shares, 1)[None] for values in regions)
        return scale, shift


def affine(
    site: SiteSpec, own: FeatureStats, mean: NDArray[Any], std: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """:func:`adain` at a site of a model, ``(C,)`` each.

    Args:
        site: whose groups the map's statistics are pooled over first.
        own: the map's statistics.
        mean, std: ``(C,)``, of the style or learned.
    """
    own = own.pooled(site.groups)
    return adain(own.mean, own.variance, mean, std, eps=site.eps, positions=own.count)
