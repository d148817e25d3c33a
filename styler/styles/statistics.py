"""Feature statistics as values: computed under a mask, merged, pooled, mixed, saved.

A style is the mean and variance of each channel at a few sites of the network (Huang & Belongie
2017). Kept as a value, the same two numbers serve the style cache, mixtures, strength, tiles, masks
and video.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.errors import ParameterError

__all__ = ["FeatureStats"]

Vector = NDArray[np.float64]

EMPTY = "no statistics of an empty map; the mask must leave something of the picture"


@dataclass(frozen=True, eq=False)
class FeatureStats:
    """Count, mean and biased variance of each channel of a feature map.

    Attributes:
        count: number of positions, or the sum of their weights under a mask.
        mean: ``(C,)`` float64.
        variance: ``(C,)`` float64, not negative.
    """

    count: float
    mean: Vector
    variance: Vector

    @classmethod
    def of(cls, features: NDArray[Any], mask: NDArray[Any] | None = None) -> "FeatureStats":
        """The statistics of one map.

        Args:
            features: ``(C, H, W)``, any real dtype; squares in float32 at least, sums in float64.
            mask: weight of each position in [0, 1], ``(H, W)``; ``None`` weighs all alike.

        Raises:
            ParameterError: the map, or what the mask leaves of it, is empty.
        """
        channels, *_ = features.shape
        features = features.astype(np.result_type(features, np.float32), copy=False)
        count = float(features[0].size if mask is None else mask.sum(dtype=np.float64))
        if not count > 0:
            raise ParameterError(EMPTY)
        if mask is None:
            mean = features.mean((1, 2), dtype=np.float64)
        else:
            mean = np.einsum("chw,hw->c", features, mask, dtype=np.float64) / count
        centred = (features - mean.astype(features.dtype)[:, None, None]).reshape(channels, -1)
        if mask is None:
            squares = np.einsum("cp,cp->c", centred, centred, dtype=np.float64)
        else:
            squares = np.einsum("cp,cp,p->c", centred, centred, mask.reshape(-1), dtype=np.float64)
        return cls(count, mean, squares / count)

    def merge(self, other: "FeatureStats") -> "FeatureStats":
        """The statistics of both maps together, as if computed over all positions at once.

        Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample
        variances": exact for any partition, up to rounding.
        """
        count = self.count + other.count
        share = other.count / count
        difference = other.mean - self.mean
        mean = self.mean + difference * share
        variance = (
            self.variance * (1 - share)
            + other.variance * share
            + difference**2 * (share * (1 - share))
        )
        return FeatureStats(count, mean, variance)

    @staticmethod
    def merged(parts: Iterable["FeatureStats"]) -> "FeatureStats":
        """All parts merged.

        Raises:
            ParameterError: there is none.
        """
        known = list(parts)
        if not known:
            raise ParameterError(EMPTY)
        return reduce(FeatureStats.merge, known)

    def pooled(self, groups: int) -> "FeatureStats":
        """Statistics over groups of neighbouring channels, given back to each of their channels.

        ``groups = C`` changes nothing (instance normalization), 1 pools all (layer normalization).
        """
        channels = len(self.mean)
        if channels % groups:
            raise ParameterError(f"{channels} channels do not divide into {groups} groups")
        means, variances = self.mean.reshape(groups, -1), self.variance.reshape(groups, -1)
        mean = means.mean(1, keepdims=True)
        variance = (variances + (means - mean) ** 2).mean(1, keepdims=True)
        spread = np.ones_like(means)
        return FeatureStats(
            self.count * channels / groups, (mean * spread).ravel(), (variance * spread).ravel()
        )

    @staticmethod
    def mix(parts: Sequence["FeatureStats"], weights: Sequence[float]) -> "FeatureStats":
        """The weighted mean of means and of standard deviations.

        Mixing this way equals mixing the normalized features themselves, which is how the AdaIN
        paper defines strength and interpolation between styles (eq. 14 and 15). Weights need not be
        in [0, 1]: beyond it the mixture extrapolates, with deviations stopped at 0. It counts as
        much as its largest part.

        Args:
            parts: one or more statistics with the same channels.
            weights: one for each part, of sum 1.

        Raises:
            ParameterError: the weights do not fit the parts, or do not sum to 1.
        """
        if not parts or len(parts) != len(weights):
            raise ParameterError(f"{len(parts)} styles need as many weights, not {len(weights)}")
        if not abs(sum(weights) - 1) < 1e-6:
            raise ParameterError(f"weights must sum to 1, not {sum(weights):g}")
        first = parts[0]
        # Offsets from the first part: equal parts give exactly that part, whatever the weights.
        mean, std = first.mean.copy(), np.sqrt(first.variance)
        for part, weight in zip(parts[1:], weights[1:], strict=True):
            mean += weight * (part.mean - first.mean)
            std += weight * (np.sqrt(part.variance) - np.sqrt(first.variance))
        changed = any(not np.array_equal(part.variance, first.variance) for part in parts[1:])
        variance = np.maximum(std, 0) ** 2 if changed else first.variance
        return FeatureStats(max(part.count for part in parts), mean, variance)
