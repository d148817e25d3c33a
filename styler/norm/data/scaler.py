"""What the feature scalers share: fit (at once or batch by batch), transform, inverse."""

from abc import abstractmethod
from typing import Any, Self

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count, check_features, is_traced
from styler.norm.statistics import channel_rescale, rescale, wide

__all__ = ["Scaler", "scale_by_own"]


class Scaler(nn.Module):
    r"""Base of the scalers: learns a shift and a scale for each feature, then

    .. math:: y = \frac{x - \mathrm{shift}}{\mathrm{scale}}

    A feature that is constant in the data, but for rounding, has scale 1: it becomes a constant,
    and what differs from it later is not blown up. Constant is told by the range of the data, which
    is exact, where a variance is a sum of rounding errors.

    Args:
        num_features: how many features.
        dim: their axis; default the last. 1 for pictures ``(N, C, H, W)``, whose channels are the
            features and whose pixels are the observations.
        device, dtype: of the state.
    """

    count: Tensor
    minimum: Tensor
    maximum: Tensor

    def __init__(
        self,
        num_features: int,
        *,
        dim: int = -1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.dim = dim
        self._starts: dict[str, float] = {}
        self.register_buffer("count", torch.zeros((), device=device, dtype=dtype))
        self.state("minimum", float("inf"), self.num_features)
        self.state("maximum", float("-inf"), self.num_features)

    def state(self, name: str, value: float, *shape: int) -> None:
        """Register a buffer of ``value`` with the dtype and device of the others."""
        self.register_buffer(name, self.count.new_full(shape, value))
        self._starts[name] = value

    def reset(self) -> None:
        """Forget the data."""
        self.count.zero_()
        for name, value in self._starts.items():
            self.get_buffer(name).fill_(value)

    def reset_parameters(self) -> None:
        """:meth:`reset`, by the name that torch's modules have for it."""
        self.reset()

    @abstractmethod
    def _observe(self, rows: Tensor, weights: Tensor) -> None:
        """Take in rows ``(n, features)`` of weights ``(n,)`` above 0; ``count`` moves after."""

    @abstractmethod
    def coefficients(self) -> tuple[Tensor, Tensor]:
        """Shift and scale of the data so far, each ``(features,)``."""

    @torch.no_grad()
    def fit(self, x: Tensor, mask: Tensor | None = None) -> Self:
        """Learn from ``x`` alone; see :meth:`partial_fit`."""
        self.reset()
        return self.partial_fit(x, mask)

    @torch.no_grad()
    def partial_fit(self, x: Tensor, mask: Tensor | None = None) -> Self:
        """Learn from one more batch.

        Args:
            x: any shape with ``num_features`` along ``dim``, floating.
            mask: weights, at least 0, that broadcast to ``x`` with length 1 along ``dim``; what has
                weight 0 is not looked at, and may be NaN.

        Raises:
            ParameterError: other features, or a mask that does not fit.
        """
        check_features(x, self.num_features, dim=self.dim)
        rows = x.movedim(self.dim, -1).reshape(-1, self.num_features).to(self.count)
        weights = rows.new_ones(rows.shape[0])
        if mask is not None:
            shape = list(x.shape)
            shape[self.dim] = 1
            try:
                weights = mask.to(rows).expand(shape).reshape(-1)
            except RuntimeError as error:
                raise ParameterError(
                    f"mask of shape {tuple(mask.shape)} does not broadcast to {tuple(shape)}"
                ) from error
            seen = weights > 0
            rows, weights = rows[seen], weights[seen]
        if rows.shape[0]:
            self._observe(rows, weights)
            self.minimum.copy_(torch.minimum(self.minimum, rows.amin(0)))
            self.maximum.copy_(torch.maximum(self.maximum, rows.amax(0)))
            self.count += weights.sum()
        return self

    def transform(self, x: Tensor) -> Tensor:
        """Scale ``x``: its shape, dtype and memory format stay. Differentiable.

        Raises:
            ParameterError: other features, or nothing has been fitted.
        """
        shift, scale = self._for(x)
        return self._rescale(x, 1 / scale, -shift / scale)

    def inverse(self, y: Tensor) -> Tensor:
        """Undo :meth:`transform`."""
        shift, scale = self._for(y)
        return self._rescale(y, scale, shift)

    def forward(self, x: Tensor) -> Tensor:
        """:meth:`transform`."""
        return self.transform(x)

    def _for(self, x: Tensor) -> tuple[Tensor, Tensor]:
        check_features(x, self.num_features, dim=self.dim)
        looks = not (is_traced() or self.count.is_meta)
        if looks and not bool(self.count > 0):
            raise ParameterError(f"{type(self).__name__} has seen no data: call fit first")
        shift, scale = self.coefficients()
        return shift, torch.where(self.is_constant() | (scale == 0), 1, scale)

    def is_constant(self) -> Tensor:
        """Which features had one value but for rounding, ``(features,)``."""
        reach = torch.maximum(self.minimum.abs(), self.maximum.abs())
        return self.maximum - self.minimum <= 4 * torch.finfo(reach.dtype).eps * reach

    def _rescale(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        if self.dim == 1:
            return channel_rescale(x, scale, shift)
        shape = [1] * x.dim()
        shape[self.dim] = -1
        return rescale(x, scale.reshape(shape), shift.reshape(shape))

    def extra_repr(self) -> str:
        return f"{self.num_features}, dim={self.dim}"


def scale_by_own(
    kind: type[Scaler], x: Tensor, dim: int, mask: Tensor | None, **options: Any
) -> Tensor:
    """``x`` as a scaler of that kind transforms it after a fit to ``x`` (under ``mask``) itself."""
    check_features(x, dim=dim)
    dtype = wide(x[:0]).dtype
    scaler = kind(x.shape[dim], dim=dim, device=x.device, dtype=dtype, **options)
    return scaler.fit(x, mask).transform(x)
