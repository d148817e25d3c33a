"""How a picture is shared among regions, at any resolution of the network's maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styler.inference.padding import frame, reduce
from styler.models import Affine, ModelSpec

__all__ = ["Shares"]

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Shares:
    """What each region has of every pixel.

    Attributes:
        pixels: ``(R, H, W)`` in [0, 1], of sum 1 at every pixel; ``None`` where one region has all.
        mask: ``(H, W)`` weights in [0, 1] of the pixels that enter any statistics; ``None``: all.
    """

    pixels: Array | None = None
    mask: Array | None = None

    def masks(self) -> list[Array | None]:
        """The weights of each region's statistics."""
        if self.pixels is None:
            return [self.mask]
        return [share if self.mask is None else share * self.mask for share in self.pixels]

    def weights(self, factor: int) -> list[Array | None]:
        """:meth:`masks` in cells of ``factor`` x ``factor`` pixels."""
        return [None if mask is None else reduce(mask, factor) for mask in self.masks()]

    def blend(self, affines: Sequence[Affine], spec: ModelSpec, factor: int) -> Affine:
        """The regions' scales and shifts as one of each, ``(1, C, h, w)`` over the framed map.

        A position takes the mean of all by their shares of its cell. One region's are returned as
        they are.
        """
        if self.pixels is None:
            (single,) = affines
            return single
        cells = np.stack(
            [
                reduce(frame(share[None, None], spec.margin, spec.multiple)[0, 0], factor)
                for share in self.pixels
            ]
        )
        total = cells.sum(0)
        even = np.full_like(cells, 1 / len(cells))  # where regions without visible pixels were
        cells = np.divide(cells, total, out=even, where=total > 0)
        scale, shift = (
            np.tensordot(np.concatenate(values)[:, :, 0, 0].T, cells, 1)[None]  # (1, C, h, w)
            for values in zip(*affines, strict=True)
        )
        return scale, shift
