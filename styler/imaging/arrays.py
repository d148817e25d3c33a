"""From 8- or 16-bit pixels to the network's float32, and to other sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler.errors import ParameterError

from .scratch import bands, release

_LARGE = 1 << 22
"""Pixels from which a picture is resized by bands."""


def to_float(rgb: NDArray[Any]) -> NDArray[np.float32]:
    """(H, W, C) uint8 or uint16 to (1, C, H, W) float32 in [0, 1], contiguous."""
    if rgb.ndim != 3 or rgb.dtype not in (np.uint8, np.uint16):
        raise ParameterError(
            f"pixels are {rgb.dtype} {rgb.shape}; give uint8 or uint16 (height, width, channels)"
        )
    x = np.empty((1, rgb.shape[2], *rgb.shape[:2]), np.float32)
    np.divide(rgb.transpose(2, 0, 1), np.float32(np.iinfo(rgb.dtype).max), out=x[0])
    return x


def fit(
    width: int,
    height: int,
    *,
    short_side: int | None = None,
    long_side: int | None = None,
    size: tuple[int, int] | None = None,
    upscale: bool = False,
) -> tuple[int, int]:
    """The (width, height) that :func:`resize` gives, aspect kept unless ``size`` says otherwise.

    Raises ``ParameterError`` unless exactly one target of at least 1 is given.
    """
    targets = [t for t in (short_side, long_side, size) if t is not None]
    if len(targets) != 1:
        raise ParameterError("give one of short_side, long_side and size")
    if size is not None:
        if min(size) < 1:
            raise ParameterError(f"size is {size}; give a width and height of at least 1")
        return size
    side = min(width, height) if short_side is not None else max(width, height)
    target = short_side if short_side is not None else long_side
    assert target is not None
    if target < 1:
        raise ParameterError(f"side is {target}; give at least 1 pixel")
    if target > side and not upscale:
        return width, height
    return max(1, round(width * target / side)), max(1, round(height * target / side))


def resize(
    rgb: NDArray[Any],
    *,
    short_side: int | None = None,
    long_side: int | None = None,
    size: tuple[int, int] | None = None,
    upscale: bool = False,
) -> NDArray[Any]:
    """Resample (H, W, 3) or (H, W), uint8, uint16 or float32, with an antialiased Lanczos filter.

    ``short_side`` and ``long_side`` keep the aspect ratio and only ever make smaller, unless
    ``upscale``; ``size`` is (width, height), taken as it is. The dtype stays, integers are
    rounded and clipped to their range, floats to the range of the input (the filter overshoots).

    Raises ``ParameterError`` unless exactly one target of at least 1 is given.
    """
    if rgb.ndim not in (2, 3) or rgb.dtype not in (np.uint8, np.uint16, np.float32):
        raise ParameterError(
            f"pixels are {rgb.dtype} {rgb.shape}; give uint8, uint16 or float32 (h, w[, c])"
        )
    height, width = rgb.shape[:2]
    target = fit(
        width, height, short_side=short_side, long_side=long_side, size=size, upscale=upscale
    )
    if target == (width, height):
        return rgb
    if rgb.dtype == np.uint8 and (rgb.ndim == 2 or rgb.shape[2] == 3):
        return np.asarray(_resampled(rgb, target))
    planes = rgb[..., None] if rgb.ndim == 2 else rgb
    out = np.empty((target[1], target[0], planes.shape[2]), rgb.dtype)
    for channel in range(planes.shape[2]):
        plane = planes[..., channel]
        small = np.clip(np.asarray(_resampled(plane, target)), plane.min(), plane.max())
        out[..., channel] = small if rgb.dtype == np.float32 else np.rint(small)
    return out[..., 0] if rgb.ndim == 2 else out


class Narrowed:
    """A picture that comes by bands of rows, made narrower as they come and lower at the end.

    Where :func:`narrows` says so that is what Pillow makes of the whole, of which it would hold a
    copy of 4 bytes a pixel.

    Args:
        size: (width, height) to come to.
        height: of the picture.
        mode: Pillow's, of the bands.
        filter: Pillow's.
    """

    def __init__(
        self,
        size: tuple[int, int],
        height: int,
        mode: str,
        filter: Image.Resampling = Image.Resampling.LANCZOS,
    ) -> None:
        self._size, self._filter = size, filter
        self._narrow = Image.new(mode, (size[0], height))

    def put(self, top: int, band: Image.Image) -> None:
        """Some rows, from ``top`` on."""
        self._narrow.paste(band.resize((self._size[0], band.height), self._filter), (0, top))

    def resized(self) -> Image.Image:
        """All of it."""
        return self._narrow.resize(self._size, self._filter)


def narrows(width: int, height: int, size: tuple[int, int]) -> bool:
    """Whether a picture is large, made smaller, and not very tall: then :class:`Narrowed` does."""
    smaller = size[0] < width and size[1] < height
    return width * height >= _LARGE and 4 * height <= 7 * width and smaller


def _resampled(pixels: NDArray[Any], size: tuple[int, int]) -> Image.Image:
    """What Pillow makes of the whole."""
    height, width = pixels.shape[:2]
    kind = np.uint8 if pixels.dtype == np.uint8 else np.float32
    if not narrows(width, height, size):
        whole = Image.fromarray(np.ascontiguousarray(pixels, kind))
        return whole.resize(size, Image.Resampling.LANCZOS)
    mode = "F" if kind == np.float32 else "L" if pixels.ndim == 2 else "RGB"
    narrowed = Narrowed(size, height, mode)
    for rows in bands(height, width):
        narrowed.put(rows.start, Image.fromarray(np.ascontiguousarray(pixels[rows], kind)))
        release(pixels)
    return narrowed.resized()
