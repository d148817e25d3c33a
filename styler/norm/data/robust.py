"""Robust scaling: median and quartiles, which outliers do not move; streaming by a small summary.

Huber 1981, "Robust Statistics".
"""

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import check_count, check_features
from styler.norm.data.scaler import Scaler, scale_by_own
from styler.norm.registry import register

__all__ = ["RobustScaler", "robust_scale"]


def robust_scale(
    x: Tensor,
    quantiles: tuple[float, float] = (0.25, 0.75),
    *,
    dim: int = -1,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Take the median off every feature of the data at hand, divide by two quantiles' distance.

    .. math:: y = \frac{x - q_{0.5}}{q_{0.75} - q_{0.25}}

    Args:
        x: any shape, any floating dtype.
        quantiles: the two; default (0.25, 0.75).
        dim: axis of the features; default the last, 1 for pictures ``(N, C, H, W)``.
        mask: weights, at least 0, that broadcast to ``x`` with length 1 along ``dim``: observations
            that enter the statistics.

    Returns:
        Shape, dtype and memory format of ``x``. No gradient flows through the statistics.

    Raises:
        ParameterError: quantiles not rising within [0, 1], or a mask that does not fit.

    Source: Huber 1981. Not in torch.
    To scale other data alike, keep a :class:`styler.norm.RobustScaler`.
    """
    check_features(x, dim=dim)
    observations = max(1, x.numel() // x.shape[dim])  # a summary of that size is exact
    return scale_by_own(RobustScaler, x, dim, mask, quantiles=quantiles, resolution=observations)


@register(
    "robust",
    "data",
    functional=robust_scale,
    axes="all observations of one feature",
    formula="y = (x - median) / (q75 - q25)",
    shines="data with outliers",
    source="Huber 1981",
)
class RobustScaler(Scaler):
    """Take the median off and divide by the distance of two quantiles.

    Quantiles are exact (linear between order statistics) while all data fits the summary, which
    holds ``resolution`` values of each feature with their weights. Past that the summary is thinned
    to evenly spaced quantiles, which moves a quantile by at most half a spacing in rank each time;
    over many batches most of that cancels.

    Args:
        num_features, dim, device, dtype: see :class:`styler.norm.data.scaler.Scaler`.
        quantiles: the two whose distance is the scale; default (0.25, 0.75).
        resolution: size of the summary; default 4096.

    Raises:
        ParameterError: quantiles not rising within [0, 1].
    """

    median: Tensor
    spread: Tensor
    values: Tensor
    masses: Tensor

    def __init__(
        self,
        num_features: int,
        *,
        quantiles: tuple[float, float] = (0.25, 0.75),
        resolution: int = 4096,
        dim: int = -1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, dim=dim, device=device, dtype=dtype)
        if not 0 <= quantiles[0] < quantiles[1] <= 1:
            raise ParameterError(f"quantiles must rise within [0, 1], not {quantiles}")
        self.quantiles = quantiles
        self.resolution = check_count("resolution", resolution)
        self.state("median", 0.0, num_features)
        self.state("spread", 0.0, num_features)
        self.state("values", float("inf"), resolution, num_features)
        self.state("masses", 0.0, resolution, num_features)

    def _observe(self, rows: Tensor, weights: Tensor) -> None:
        values = torch.cat([self.values, rows])
        masses = torch.cat([self.masses, weights[:, None].expand_as(rows)])
        values, order = values.sort(dim=0, stable=True)
        masses = masses.gather(0, order)
        occupied = int((masses > 0).sum(0).max())
        if occupied > self.resolution:
            levels = (torch.arange(self.resolution).to(rows) + 0.5) / self.resolution
            thinned = [
                _at_mass(v, m, levels * m.sum())
                for v, m in zip(values.t(), masses.t(), strict=True)
            ]
            values = torch.stack(thinned, 1)
            masses = (masses.sum(0) / self.resolution).expand_as(values)
        self.values.copy_(values[: self.resolution])
        self.masses.copy_(masses[: self.resolution])
        low, median, high = self.quantile(self.quantiles[0], 0.5, self.quantiles[1])
        self.median.copy_(median)
        self.spread.copy_(high - low)

    def quantile(self, *levels: float) -> Tensor:
        """Quantiles of the data so far, ``(len(levels), features)``."""
        at = torch.tensor(levels, dtype=torch.float64).to(self.values)
        columns = zip(self.values.t(), self.masses.t(), strict=True)
        return torch.stack([_quantiles(v, m, at) for v, m in columns], 1)

    def coefficients(self) -> tuple[Tensor, Tensor]:
        return self.median, self.spread

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, quantiles={self.quantiles}, resolution={self.resolution}"


def _quantiles(values: Tensor, masses: Tensor, levels: Tensor) -> Tensor:
    """Quantiles of sorted weighted values; for unit weights those of ``numpy.quantile``.

    Level 0 is the middle of the first value's mass and level 1 that of the last one's.
    """
    seen = masses > 0
    values, masses = values[seen], masses[seen]
    first, last = masses[0] / 2, masses.sum() - masses[-1] / 2
    return _at_mass(values, masses, first + levels * (last - first))


def _at_mass(values: Tensor, masses: Tensor, wanted: Tensor) -> Tensor:
    """Sorted weighted values where the mass so far is ``wanted``, linear between middles."""
    seen = masses > 0
    values, masses = values[seen], masses[seen]
    if len(values) == 1:
        return values.expand(len(wanted))
    middles = masses.cumsum(0) - masses / 2
    right = torch.searchsorted(middles, wanted).clamp(1, len(values) - 1)
    left = right - 1
    step = (wanted - middles[left]) / (middles[right] - middles[left])
    return torch.lerp(values[left], values[right], step.clamp(0, 1))
