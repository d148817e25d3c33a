"""Linear filters on planes: blurring, pooling by whole factors and back, stretching. Edges are
mirrored."""

from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler.halt import checkpoint

__all__ = ["blur", "pool", "spread", "stretch"]

Planes = NDArray[np.float32]

IN_CACHE = 1 << 16
"""Pixels that are worked on at once."""


def blur(planes: Planes, sigma: float) -> Planes:
    """Gaussian blur of ``(C, H, W)`` float32 planes, ``sigma`` in pixels, cut off at 2.5 of it."""
    radius = max(1, round(2.5 * sigma))
    weights = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    weights = (weights / weights.sum()).astype(np.float32)
    sides = [(0, 0), (radius, radius), (radius, radius)]
    blurred = np.empty_like(planes)
    step = max(4 * radius, IN_CACHE // planes.shape[2])
    for padded, target in zip(np.pad(planes, sides, mode="symmetric"), blurred, strict=True):
        for top in range(0, len(target), step):
            checkpoint()
            band = padded[top : top + step + 2 * radius]
            target[top : top + step] = _weighted(_weighted(band.T, weights).T, weights)
    return blurred


def _weighted(rows: Planes, weights: Planes) -> Planes:
    """Sums of each row and those after it, by symmetric weights."""
    count, middle = len(rows) - len(weights) + 1, len(weights) // 2
    total: Planes = weights[middle] * rows[middle : middle + count]
    pair = np.empty_like(total)
    for offset, weight in enumerate(weights[:middle]):
        far = len(weights) - 1 - offset
        np.add(rows[offset : offset + count], rows[far : far + count], out=pair)
        pair *= weight
        total += pair
    return total


def pool(planes: Planes, factor: int) -> Planes:
    """Means of ``(C, H, W)`` over ``factor`` x ``factor`` pixels, the last ones mirrored."""
    _, height, width = planes.shape
    if height % factor or width % factor:
        sides = [(0, 0), (0, -height % factor), (0, -width % factor)]
        planes = np.pad(planes, sides, mode="symmetric")
    # Whole rows and columns at a time: a reduction over axes that short takes ten times as long.
    rows: Planes = reduce(np.add, [planes[:, start::factor] for start in range(factor)])
    total: Planes = reduce(np.add, [rows[:, :, start::factor] for start in range(factor)])
    return total / np.float32(factor * factor)


def spread(
    cells: Planes, factor: int, size: tuple[int, int], *, rows: slice | None = None
) -> Planes:
    """Planes of cells of ``factor`` x ``factor`` pixels at each pixel of a (width, height).

    Bilinear, as :func:`stretch` has it, and as there all rows or some.
    """
    if factor == 1:
        return cells if rows is None else cells[:, rows]
    width, height = size
    start, stop, _ = (rows or slice(None)).indices(height)
    first, last = start // factor, -(-stop // factor)
    down = np.arange(first - 1, last + 1).clip(0, cells.shape[1] - 1)
    needed = np.pad(cells.take(down, 1), [(0, 0), (0, 0), (1, 1)], mode="edge")
    tall = _between(_between(needed, factor, 2), factor, 1)
    return tall[:, start - first * factor : stop - first * factor, :width]


def _between(cells: Planes, factor: int, axis: int) -> Planes:
    """Pixels of all cells along an axis but the first and last, from one's centre to the next."""
    along = np.moveaxis(cells, axis, 0)
    count, steps = len(along) - 2, along[1:] - along[:-1]
    shape = list(cells.shape)
    shape[axis] = count * factor
    pixels = np.empty(shape, np.float32)
    for phase in range(factor):
        place = (phase + 0.5) / factor - 0.5  # from the centre of its cell, in cells
        before = slice(int(place >= 0), count + int(place >= 0))
        part = np.moveaxis(pixels, axis, 0)[phase::factor]
        np.multiply(steps[before], np.float32(place % 1), out=part)
        part += along[before]
    return pixels


def stretch(
    planes: NDArray[Any], size: tuple[int, int], *, rows: slice | None = None, smooth: bool = True
) -> Planes:
    """``(C, h, w)`` planes stretched to (width, height), or some rows of that.

    Args:
        planes: any real dtype.
        size: (width, height).
        rows: which rows to make; all by default. They are the same ones whatever their number, and
            those of the whole but for the last digit of a float32.
        smooth: bicubic, or bilinear, which never leaves the range of its values.
    """
    width, height = size
    method = Image.Resampling.BICUBIC if smooth else Image.Resampling.BILINEAR
    if rows is None:
        return _resized(planes, size, method)
    first, weights = _taps(planes.shape[1], height, rows, smooth)
    across = _taps(planes.shape[2], width, slice(0, width), smooth)
    needed = slice(int(first.min()), int(first.max()) + weights.shape[1])
    out = np.empty((len(planes), len(first), width), np.float32)
    for plane, target in zip(planes[:, needed], out, strict=True):
        wide = _summed(np.ascontiguousarray(plane.T, np.float32), *across)
        target[:] = _summed(np.ascontiguousarray(wide.T), first - needed.start, weights)
    return out


def _resized(planes: NDArray[Any], size: tuple[int, int], method: Image.Resampling) -> Planes:
    out = np.empty((len(planes), size[1], size[0]), np.float32)
    for plane, target in zip(planes, out, strict=True):
        checkpoint()
        image = Image.fromarray(np.ascontiguousarray(plane, np.float32))
        target[:] = np.asarray(image.resize(size, method))
    return out


def _summed(rows: Planes, first: NDArray[np.intp], weights: NDArray[np.float64]) -> Planes:
    """Weighted sums of ``(H, W)`` rows, each from its first on."""
    total = np.zeros((len(first), rows.shape[1]), np.float32)
    step = max(1, IN_CACHE // rows.shape[1])
    for top in range(0, len(first), step):
        part = slice(top, top + step)
        for offset, weight in enumerate(weights[part].T.astype(np.float32)):
            if weight.any():
                # Where there is no such row its weight is 0.
                taken = rows.take(first[part] + offset, 0, mode="clip")
                taken *= weight[:, None]
                total[part] += taken
    return total


def _taps(
    length: int, wanted: int, rows: slice, smooth: bool
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which of ``length`` rows each of some of the ``wanted`` begins with, and their weights.

    As Pillow has them: its own way to a part of a picture rounds where that begins.
    """
    scale = length / wanted
    spread = max(scale, 1.0)
    reach = (2.0 if smooth else 1.0) * spread
    centres = (np.arange(rows.start, rows.stop) + 0.5) * scale
    first = np.maximum(np.trunc(centres - reach + 0.5), 0).astype(np.intp)
    last = np.minimum(np.trunc(centres + reach + 0.5), length).astype(np.intp)
    taps = first[:, None] + np.arange((last - first).max())
    x = np.abs((taps - centres[:, None] + 0.5) * (1 / spread))
    weights = _bicubic(x) if smooth else np.maximum(1 - x, 0)
    weights[taps >= last[:, None]] = 0
    return first, weights / np.add.accumulate(weights, axis=1)[:, -1:]


def _bicubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution with a = -1/2, at distances from the centre."""
    near = (1.5 * x - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
