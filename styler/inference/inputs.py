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
"""A picture: path, encoded bytes, binary file, Pillow image, decoded one, or array: ``(H, W)`` of
grey or ``(H, W, C)`` of grey (1), grey and alpha (2), sRGB (3), or sRGB and alpha (4), in uint8,
uint16, or floats from 0 to 1."""

Grey = Source | NDArray[Any]
"""A mask: a picture, whose luma counts, or an ``(H, W)`` array of booleans, of unsigned integers to
the most of their type, or of floats to 1. Where there is nothing but 0 and 1, 1 is white."""


def as_picture(source: Any, *, enough: int | None = None) -> Picture:
    """Decode a :data:`Source`, at 16 bits where it has as many; ``enough`` as of ``imaging.read``.

    Raises:
        ImageError: it is no picture.
        ParameterError: an array of another shape, dtype or range, or nothing of the kind.
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, Image.Image):
        return imaging.from_pil(source, bits=None)
    if isinstance(source, np.ndarray):
        return _of_array(source)
    return imaging.read(_readable(source, "the picture"), bits=None, enough=enough)


def _of_array(source: Pixels) -> Picture:
    samples = source[..., None] if source.ndim == 2 else source
    channels = samples.shape[2] if samples.ndim == 3 and 0 not in samples.shape else 0
    floats = np.issubdtype(source.dtype, np.floating)
    if channels not in (1, 2, 3, 4) or not (floats or source.dtype in (np.uint8, np.uint16)):
        raise ParameterError(
            f"pixels are {source.dtype} {source.shape}; give uint8, uint16, or floats from 0 to 1, "
            "as (height, width) or (height, width, channels) with 1 to 4 of them"
        )
    if floats:
        if not (samples.min() >= 0 and samples.max() <= 1):
            raise ParameterError(
                f"pixels are {source.dtype} from {samples.min():g} to {samples.max():g}; "
                "give floats from 0 to 1"
            )
        samples = np.rint(samples.astype(np.float64) * 65535).astype(np.uint16)
    rgb = samples[..., :3] if channels > 2 else np.repeat(samples[..., :1], 3, 2)
    return Picture(rgb, samples[..., -1] if channels in (2, 4) else None)


def _readable(source: Any, name: str) -> Any:
    """A path, bytes or a binary file, and nothing else."""
    known = (str, os.PathLike, bytes, bytearray, memoryview)
    if not isinstance(source, known) and not callable(getattr(source, "read", None)):
        raise ParameterError(
            f"{name} is {type(source).__name__}; give a path, bytes, a binary file, an array or an "
            "image"
        )
    return source


def as_mask(source: Any, name: str, like: Picture) -> NDArray[np.float32]:
    """Decode a :data:`Grey` and stretch it to the size of a picture: ``(H, W)`` in [0, 1].

    Raises:
        ImageError: it is no picture.
        ParameterError: an array of another shape or range.
    """
    if isinstance(source, np.ndarray) and source.ndim != 3:
        mask = source
        if source.dtype == bool or (np.issubdtype(source.dtype, np.integer) and _is_binary(source)):
            mask = source.astype(np.float32)
        elif np.issubdtype(source.dtype, np.unsignedinteger):
            mask = np.divide(source, np.iinfo(source.dtype).max, dtype=np.float32)
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
        mask = imaging.read_mask(_readable(source, name), name=name)
    return imaging.resize_mask(mask, (like.width, like.height))


def _is_binary(values: NDArray[Any]) -> bool:
    return values.size > 0 and values.min() >= 0 and values.max() <= 1


def pixels_and_alpha(picture: Picture) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    """What the network sees of a picture, and how much each pixel counts, if not all alike."""
    alpha = imaging.alpha_mask(picture)
    if alpha is None or alpha.min() == 1 or not alpha.any():
        return picture.rgb, None
    return picture.filled(), alpha
