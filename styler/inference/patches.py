"""What a picture's patches look like: colours in 4 x 4 cells, and how busy they are.

Numbers are rounded to whole ones, small enough that sums of their products are exact in float32:
which patches are alike then depends on no order of summation, and so on no number of threads.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styler.imaging import blur, pool, spread

__all__ = ["Patches", "energy", "smooth"]

Array = NDArray[np.float32]

CELLS = 4
"""Along a patch."""

BAND = 4.0
"""Deviation of the Gaussian, in pixels, that parts a picture's shapes from its detail."""

AROUND = 6.0
"""Deviation of the Gaussian over which detail's energy is gathered."""

STRUCTURE, BUSY = 0.7, 3.0
"""Weight of cells' differences from a patch's mean, and of how busy it is, beside that mean."""

LEVELS = 256
"""Whole numbers from 0 to 1 in each of them."""


def smooth(planes: Array) -> Array:
    """``(C, H, W)`` planes without their detail."""
    height, width = planes.shape[1:]
    half = blur(pool(planes, 2), BAND / 2)
    return spread(half, 2, (width, height))


def energy(detail: Array) -> Array:
    """How strong ``(C, H, W)`` detail is around each pixel, root mean square, ``(1, H, W)``."""
    height, width = detail.shape[1:]
    cells = blur(pool(np.square(detail).mean(0, keepdims=True), 4), AROUND / 4)
    return spread(np.sqrt(cells), 4, (width, height))


@dataclass(frozen=True)
class Patches:
    """Square patches of a picture on a grid, described.

    Attributes:
        side: of a patch, in pixels.
        step: from one to the next, down and across.
        descriptors: ``(rows, columns, K)`` float32, whole numbers.
        seen: ``(rows, columns)``, whether all of a patch is seen.
    """

    side: int
    step: int
    descriptors: Array
    seen: NDArray[np.bool_]

    @classmethod
    def of(
        cls, picture: Array, busy: Array, side: int, step: int, alpha: Array | None = None
    ) -> "Patches":
        """Describe ``(3, H, W)`` planes in about [0, 1], with their detail's :func:`energy`.

        ``side`` and ``step`` are multiples of a cell's side, a fourth of ``side``; what
        ``(1, H, W)`` alpha hides is not seen.
        """
        cell = side // CELLS
        every = step // cell
        rows, columns = picture.shape[1] // cell, picture.shape[2] // cell
        seen_of = [] if alpha is None else [alpha]
        planes = np.concatenate([picture, busy, *seen_of])[:, : rows * cell, : columns * cell]
        cells = np.stack(_windows(pool(planes, cell), every))  # (16, 4 or 5, rows, columns)
        mean = cells[:, :4].mean(0)
        around = (cells[:, :3] - mean[:3]).swapaxes(0, 1).reshape(-1, *mean.shape[1:])
        parts = [
            np.float32(CELLS) * mean[:3],
            np.float32(STRUCTURE) * around,
            np.float32(BUSY * CELLS) * mean[3:],
        ]
        bounded = np.clip(np.concatenate(parts), -CELLS, CELLS)
        descriptors = np.rint(np.float32(LEVELS) * bounded).transpose(1, 2, 0)
        seen = np.asarray((cells[:, 4:] > 0.99).all((0, 1)))
        return cls(side, step, np.ascontiguousarray(descriptors), seen)


def _windows(cells: Array, every: int) -> list[Array]:
    """Each of the cells of a patch, for all patches."""
    rows, columns = (length - CELLS + 1 for length in cells.shape[1:])
    places = np.ndindex(CELLS, CELLS)
    return [cells[:, y : y + rows : every, x : x + columns : every] for y, x in places]
