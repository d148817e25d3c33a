"""What may be given as a picture or a mask, and its way to pixels."""

import os
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler import imaging
from styler.errors import ParameterError
from styler.imaging import Picture

__all__ = ["Grey", "Pixels", "Raw", "Source", "as_mask", "as_picture", "pixels_and_alpha"]

Pixels = NDArray[Any]  # uint8 or uint16
Raw = str | os.PathLike[str] | BinaryIO | Pixels
Source = Raw | bytes | Picture | Image.Image
"""A picture: path, encoded bytes, binary file, ``(H, W, 3)`` or ``(H, W, 4)`` array of sRGB (and
alpha) in uint8 or uint16, Pillow image, or decoded one."""

Grey = Source | NDArray[Any]
"""A mask: a picture, whose luma counts, or an ``(H, W)`` array of 0 to the most of its type (of
integers and booleans) or to 1 (of floats)."""


def as_picture(source: Any) -> Picture:
    """Decode a :data:`Source`.

    Raises:
        ImageError: it is no picture.
        ParameterError: an array of another shape or dtype.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return imaging.from_pil(source)
    if isinstance(source, np.ndarray):
        channels = source.shape[2] if source.ndim == 3 and 0 not in source.shape else 0
        if channels not in (3, 4) or source.dtype not in (np.uint8, np.uint16):
            raise ParameterError(
                f"pixels are {source.dtype} {source.shape}; "
                "give uint8 or uint16 (height, width, 3), or 4 with alpha"
            )
        return Picture(source[..., :3], source[..., 3] if channels == 4 else None)
    return imaging.read(source)


def as_mask(source: Any, name: str, like: Picture) -> NDArray[np.float32]:
    """Decode a :data:`Grey` and stretch it to the size of a picture: ``(H, W)`` in [0, 1].

    Raises:
        ImageError: it is no picture.
        ParameterError: an array of another shape or range.
    """
    if isinstance(source, np.ndarray) and source.ndim != 3:
        if source.dtype == bool or np.issubdtype(source.dtype, np.unsignedinteger):
            most = 1 if source.dtype == bool else np.iinfo(source.dtype).max
            mask = np.divide(source, most, dtype=np.float32)
        else:
            mask = source
        fits = mask.ndim == 2 and np.issubdtype(mask.dtype, np.floating) and mask.size > 0
        if not fits or not (mask.min() >= 0 and mask.max() <= 1):
            raise ParameterError(
                f"{name} is {source.dtype} {source.shape}; give a grey picture, or (height, width) "
                "values from 0 to 1"
            )
    elif isinstance(source, str | os.PathLike):
        mask = imaging.read_mask(source)
    elif isinstance(source, np.ndarray | Picture | Image.Image):
        mask = imaging.as_mask(as_picture(source))
    else:
        mask = imaging.read_mask(source, name=name)
    return imaging.resize_mask(mask, (like.width, like.height))


def pixels_and_alpha(picture: Picture) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    """What the network sees of a picture, and how much each pixel counts, if not all alike."""
    alpha = imaging.alpha_mask(picture)
    if alpha is None or alpha.min() == 1 or not alpha.any():
        return picture.rgb, None
    return picture.filled(), alpha
