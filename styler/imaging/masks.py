"""Soft masks: where, and how much, a style applies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler.errors import ParameterError

from .arrays import Narrowed, narrows
from .colour.luma import LUMA
from .picture import Picture
from .reading import read
from .scratch import bands
from .streams import Source


def read_mask(source: Source, size: tuple[int, int] | None = None, **caps: Any) -> NDArray[Any]:
    """A picture as a soft mask: (H, W) float32, 0 (black or transparent) to 1 (white).

    The value is luma times alpha, so that white drawn on transparency works too, at 16 bits where
    the file has them. Where there is nothing but 0 and 1, 1 is white. ``size`` is the (width,
    height) to stretch it to; ``caps`` are those of :func:`styler.imaging.read`. Raises what it
    raises.
    """
    picture = read(source, bits=None, **caps)
    if size is None or not narrows(picture.width, picture.height, size):
        mask = as_mask(picture)
        return mask if size is None else resize_mask(mask, size)
    narrowed = Narrowed(size, picture.height, "F", Image.Resampling.BILINEAR)
    least, most = 1.0, 0.0
    for rows, band in _bands_of(picture):
        least, most = min(least, float(band.min())), max(most, float(band.max()))
        narrowed.put(rows.start, Image.fromarray(band))
    return np.asarray(narrowed.resized()).clip(least, most)


def as_mask(picture: Picture) -> NDArray[np.float32]:
    """A decoded picture as a soft mask: (H, W) float32, luma times alpha in 0 to 1.

    Where there is nothing but 0 and 1, 1 is white.
    """
    mask = np.empty(picture.rgb.shape[:2], np.float32)
    for rows, band in _bands_of(picture):
        mask[rows] = band
    return mask


def _bands_of(picture: Picture) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    white, rgb, alpha = _white(picture), picture.rgb, picture.alpha
    weights, opaque = LUMA.astype(np.float32) / np.float32(white), np.iinfo(rgb.dtype).max
    strips = [*bands(picture.height, picture.width)]
    grey = all((rgb[rows] == rgb[rows][..., :1]).all() for rows in strips)
    for rows in strips:
        if grey:  # exact, so that white is 1
            band = np.divide(rgb[rows][..., 0], white, dtype=np.float32)
        else:
            band = np.minimum(rgb[rows] @ weights, np.float32(1))
        if alpha is not None:
            band *= np.divide(alpha[rows], opaque, dtype=np.float32)
        yield rows, band


def resize_mask(mask: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W) float32 in [0, 1] stretched to (width, height), bilinear, antialiased when smaller.

    Never leaves the range of its values: a constant mask stays that constant. Raises
    ``ParameterError`` for other shapes, values or sizes.
    """
    if mask.ndim != 2 or mask.size == 0 or not (mask.min() >= 0 and mask.max() <= 1):
        raise ParameterError(f"mask is {mask.dtype} {mask.shape}; give (h, w) values in 0 to 1")
    if min(size) < 1:
        raise ParameterError(f"size is {size}; give a width and height of at least 1")
    mask = np.ascontiguousarray(mask, np.float32)
    if mask.shape == (size[1], size[0]):
        return mask
    resized = Image.fromarray(mask).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(resized).clip(mask.min(), mask.max())


def alpha_mask(picture: Picture) -> NDArray[np.float32] | None:
    """A picture's alpha as a mask: (H, W) float32, 1 where opaque; ``None`` if all of it is."""
    if picture.alpha is None:
        return None
    return np.divide(picture.alpha, np.iinfo(picture.alpha.dtype).max, dtype=np.float32)


def _white(picture: Picture) -> int:
    """The white of a mask: the most of its type, or 1 where there is nothing above.

    Programs for labels write masks of 0 and 1; read as levels of grey they would be black.
    """
    most = int(picture.rgb.max())
    widened = picture.bits == 16 and picture.metadata.bits == 8
    return most if most == 1 or (widened and most == 257) else np.iinfo(picture.rgb.dtype).max
