"""Padding: a picture's margin, its window in the network's maps, its cells there."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["Window", "cells", "pad", "padded", "reduce", "window"]

Array = NDArray[np.float32]

Window = tuple[slice, slice]
"""Rows and columns of a map."""


def pad(picture: Array, margin: int, multiple: int) -> Array:
    """Reflect ``margin`` pixels around a picture, at right and bottom on to a full ``multiple``.

    Pictures smaller than the margin are reflected again and again.
    """
    height, width = picture.shape[2:]
    rows = (margin, margin + -height % multiple)
    columns = (margin, margin + -width % multiple)
    return np.pad(picture, ((0, 0), (0, 0), rows, columns), mode="reflect")


def padded(height: int, width: int, margin: int, multiple: int) -> tuple[int, int]:
    """The height and width that :func:`pad` gives a picture."""
    return 2 * margin + height + -height % multiple, 2 * margin + width + -width % multiple


def cells(part: Window, factor: int) -> Window:
    """A part of a picture in a map at 1 / ``factor`` resolution."""
    rows, columns = (slice(side.start // factor, side.stop // factor) for side in part)
    return rows, columns


def window(margin: int, height: int, width: int, factor: int) -> Window:
    """The part of a map at 1 / ``factor`` resolution that is the picture's, without the margin."""
    top = margin // factor
    return slice(top, top - (-height // factor)), slice(top, top - (-width // factor))


def reduce(mask: Array, factor: int) -> Array:
    """The mean weight in each cell of ``factor`` x ``factor`` pixels, cut off at the edge."""
    if factor == 1:
        return mask
    starts = [np.arange(0, side, factor) for side in mask.shape]
    totals = np.add.reduceat(np.add.reduceat(mask, starts[0], 0), starts[1], 1)
    sizes = [
        np.diff(np.append(start, side)) for start, side in zip(starts, mask.shape, strict=True)
    ]
    cells: Array = (totals / np.outer(*sizes)).astype(np.float32)
    return cells
