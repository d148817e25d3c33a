"""Linear filters on planes: blurring, pooling by whole factors, stretching. Edges are mirrored."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["blur", "pool", "stretch"]

Planes = NDArray[np.float32]


def blur(planes: Planes, sigma: float) -> Planes:
    """Gaussian blur of ``(C, H, W)`` float32 planes, ``sigma`` in pixels, cut off at 2.5 of it."""
    radius = max(1, round(2.5 * sigma))
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (1, 2):
        sides = [(radius, radius) if a == axis else (0, 0) for a in range(3)]
        padded = np.moveaxis(np.pad(planes, sides, mode="symmetric"), axis, 0)
        length = planes.shape[axis]
        total = weights[0] * padded[:length]
        for offset, weight in enumerate(weights[1:], start=1):
            total += weight * padded[offset : offset + length]
        planes = np.moveaxis(total, 0, axis)
    return planes


def pool(planes: Planes, factor: int) -> Planes:
    """Means of ``(C, H, W)`` over ``factor`` x ``factor`` pixels, the last ones mirrored."""
    channels, height, width = planes.shape
    sides = [(0, 0), (0, -height % factor), (0, -width % factor)]
    padded = np.pad(planes, sides, mode="symmetric")
    cells = padded.reshape(channels, -(-height // factor), factor, -(-width // factor), factor)
    means: Planes = cells.mean((2, 4))
    return means


def stretch(
    planes: NDArray[Any], size: tuple[int, int], *, rows: slice | None = None, smooth: bool = True
) -> Planes:
    """``(C, h, w)`` planes stretched to (width, height), or some rows of that.

    Args:
        planes: any real dtype.
        size: (width, height).
        rows: which rows to make; all by default. Strips are equal to the whole.
        smooth: bicubic, or bilinear, which never leaves the range of its values.
    """
    width, height = size
    rows = rows or slice(0, height)
    scale = planes.shape[1] / height
    box = (0, rows.start * scale, planes.shape[2], rows.stop * scale)
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    out = np.empty((len(planes), rows.stop - rows.start, width), np.float32)
    for plane, target in zip(planes, out, strict=True):
        image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
        target[:] = image.resize((width, rows.stop - rows.start), method, box)
    return out
