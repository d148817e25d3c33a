"""Scaling by the range of the data: min-max, and mean normalization.

Han, Kamber & Pei 2011, "Data Mining: Concepts and Techniques", section 3.5.2.
"""

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.data.scaler import Scaler, scale_by_own
from styler.norm.registry import register

__all__ = ["MeanScaler", "MinMaxScaler", "mean_scale", "min_max_scale"]


def min_max_scale(
    x: Tensor,
    low: float = 0.0,
    high: float = 1.0,
    *,
    dim: int = -1,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Bring every feature of the data at hand to ``[low, high]``.

    .. math:: y = a + (x - \min x) \frac{b - a}{\max x - \min x}

    Args:
        x: any shape, any floating dtype.
        low, high: the range; default 0 to 1.
        dim: axis of the features; default the last, 1 for pictures ``(N, C, H, W)``.
        mask: weights, at least 0, that broadcast to ``x`` with length 1 along ``dim``: observations
            that enter the statistics.

    Returns:
        Shape, dtype and memory format of ``x``. No gradient flows through the statistics.

    Raises:
        ParameterError: ``low`` is not below ``high``, or a mask that does not fit.

    Source: Han, Kamber & Pei 2011, section 3.5.2. Not in torch.
    To scale other data alike, keep a :class:`styler.norm.MinMaxScaler`.
    """
    return scale_by_own(MinMaxScaler, x, dim, mask, low=low, high=high)


def mean_scale(x: Tensor, *, dim: int = -1, mask: Tensor | None = None) -> Tensor:
    r"""Take the mean off every feature of the data at hand and divide by its range.

    .. math:: y = \frac{x - \bar x}{\max x - \min x}

    Args:
        x: any shape, any floating dtype.
        dim: axis of the features; default the last, 1 for pictures ``(N, C, H, W)``.
        mask: weights, at least 0, that broadcast to ``x`` with length 1 along ``dim``: observations
            that enter the statistics.

    Returns:
        Shape, dtype and memory format of ``x``. No gradient flows through the statistics.

    Raises:
        ParameterError: no floating tensor, or a mask that does not fit.

    Source: feature scaling, textbook form. Not in torch.
    To scale other data alike, keep a :class:`styler.norm.MeanScaler`.
    """
    return scale_by_own(MeanScaler, x, dim, mask)


@register(
    "min_max",
    "data",
    functional=min_max_scale,
    axes="all observations of one feature",
    formula="y = a + (x - min) (b - a) / (max - min)",
    shines="bounded data such as pixels; keeps zeros of sparse data when min is 0",
    source="Han, Kamber & Pei 2011, section 3.5.2",
)
class MinMaxScaler(Scaler):
    """Bring the data's range to ``[low, high]``; what lies outside of it later stays outside.

    Args:
        num_features, dim, device, dtype: see :class:`styler.norm.data.scaler.Scaler`.
        low, high: the range; default 0 to 1.

    Raises:
        ParameterError: ``low`` is not below ``high``.
    """

    def __init__(
        self,
        num_features: int,
        *,
        low: float = 0.0,
        high: float = 1.0,
        dim: int = -1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, dim=dim, device=device, dtype=dtype)
        if not low < high:
            raise ParameterError(f"low must be below high, not {low} and {high}")
        self.low, self.high = low, high

    def _observe(self, rows: Tensor, weights: Tensor) -> None:
        """Nothing but the range, which every scaler keeps."""

    def coefficients(self) -> tuple[Tensor, Tensor]:
        span = torch.where(self.is_constant(), 1, self.maximum - self.minimum)
        scale = span / (self.high - self.low)
        return self.minimum - self.low * scale, scale

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, low={self.low:g}, high={self.high:g}"


@register(
    "mean",
    "data",
    functional=mean_scale,
    axes="all observations of one feature",
    formula="y = (x - mean) / (max - min)",
    shines="data that should be centred and stay within [-1, 1]",
    source="feature scaling, textbook form",
)
class MeanScaler(Scaler):
    """Take the mean off and divide by the range.

    Args:
        num_features, dim, device, dtype: see :class:`styler.norm.data.scaler.Scaler`.
    """

    mean: Tensor

    def __init__(
        self,
        num_features: int,
        *,
        dim: int = -1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, dim=dim, device=device, dtype=dtype)
        self.state("mean", 0.0, num_features)

    def _observe(self, rows: Tensor, weights: Tensor) -> None:
        mass = weights.sum()
        own = (rows * weights[:, None]).sum(0) / mass
        self.mean += (own - self.mean) * (mass / (self.count + mass))

    def coefficients(self) -> tuple[Tensor, Tensor]:
        return self.mean, self.maximum - self.minimum
