"""From painted pixels to a picture as the photo came."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler.imaging import (
    FORMATS,
    Picture,
    encode,
    like,
    own_format,
    release,
    stretch,
    to_float,
    to_uint8,
    to_uint16,
)
from styler.progress import advance

from .enlarge import enlarge

__all__ = ["as_given", "finish"]

Array = NDArray[np.float32]


def finish(painted: Array, canvas: Array, photo: Picture, only: Array | None) -> Picture:
    """The photo painted over, with its transparency and metadata.

    Args:
        painted: ``(1, 3, h, w)`` about [0, 1].
        canvas: the photo at that size.
        photo: at its own; its fully transparent pixels stay as they are.
        only: ``(h, w)`` in [0, 1], how much of the painting to show rather than of the photo.
    """
    rgb = like(photo.rgb)
    pixels = photo.filled()
    quantize = to_uint8 if photo.bits == 8 else to_uint16
    for rows, strip in enlarge(painted, canvas, pixels):
        if only is not None:
            shown = stretch(only[None], (photo.width, photo.height), rows=rows, smooth=False)
            strip = strip * shown + to_float(pixels[rows]) * (1 - shown)
        rgb[rows] = quantize(strip)
        if photo.alpha is not None:
            hidden = photo.alpha[rows] == 0
            rgb[rows][hidden] = photo.rgb[rows][hidden]
        release(rgb, photo.rgb, photo.alpha)
        advance("enlarge", rows.stop / photo.height)
    return photo.with_rgb(rgb)


def as_given(painted: Picture, source: Any) -> Any:
    """A painting as the photo came, :func:`~styler.inference.inputs.as_picture` backwards.

    Bytes are encoded in the photo's own format, or as PNG where that is not written; paths and
    files become arrays.
    """
    if isinstance(source, Picture):
        return painted
    if isinstance(source, Image.Image):
        return _as_image(painted.to_bits(8), source)
    if isinstance(source, bytes | bytearray | memoryview):
        format = own_format(painted)
        return encode(painted, format, bits=painted.bits if FORMATS[format].bits16 else 8)
    if isinstance(source, np.ndarray) and np.issubdtype(source.dtype, np.floating):
        return np.divide(painted.samples(), 65535, dtype=np.float64).astype(source.dtype)
    return painted.samples()


def _as_image(painted: Picture, source: Image.Image) -> Image.Image:
    """With what Pillow's own operations keep of an image, in so far as it is still true."""
    image = Image.fromarray(painted.samples())
    if source.has_transparency_data and painted.alpha is None:
        image.putalpha(255)
    if painted.metadata.exif:
        image.info["exif"] = b"Exif\0\0" + painted.metadata.exif
    if painted.metadata.dpi:
        image.info["dpi"] = painted.metadata.dpi
    return image
