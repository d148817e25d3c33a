"""Regions of a picture, each with its style, at any resolution of the network's maps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styler.models import ModelSpec
from styler.styles import Style

from .adain import Affine
from .padding import pad, reduce

__all__ = ["Regions"]

Array = NDArray[np.float32]
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Regions:
    """Parts of a picture, each with its style and, at every site, its own statistics.

    Attributes:
        styles: of each region.
        masks: ``(R, H, W)`` in [0, 1], what each region has of every pixel, of sum 1; ``None``
            where a single one has all.
        only: ``(H, W)`` in [0, 1], how much of the painting to show rather than of the photo;
            ``None`` shows all of it.
        alpha: ``(H, W)`` in [0, 1], how much each pixel counts in any statistics; ``None`` counts
            all alike.
    """

    styles: tuple[Style, ...] = ()
    masks: Array | None = None
    only: Array | None = None
    alpha: Array | None = None

    def weights(self, factor: int) -> list[Array | None]:
        """The weights of each region's statistics in cells of ``factor`` x ``factor`` pixels."""
        masks: Sequence[Array | None] = [self.alpha]
        if self.masks is not None:
            masks = [mask if self.alpha is None else mask * self.alpha for mask in self.masks]
        return [None if mask is None else reduce(mask, factor) for mask in masks]

    def blend(
        self, affines: Sequence[tuple[Vector, Vector]], spec: ModelSpec, factor: int
    ) -> Affine:
        """The regions' scales and shifts, ``(C,)`` each, over the padded map.

        A position takes the mean of all by their masks in its cell.
        """
        scale, shift = (np.stack(values) for values in zip(*affines, strict=True))
        if self.masks is None:
            return Affine(scale, shift)
        cells = np.stack(
            [
                reduce(pad(mask[None, None], spec.margin, spec.multiple)[0, 0], factor)
                for mask in self.masks
            ]
        )
        total = cells.sum(0)
        even = np.full_like(cells, 1 / len(cells))  # where no region has a pixel that counts
        return Affine(scale, shift, np.divide(cells, total, out=even, where=total > 0))
