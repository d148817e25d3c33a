"""From painted pixels to a picture as the photo came."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler.imaging import Picture, encode, own_format, to_uint8, to_uint16

__all__ = ["as_given", "finished"]


def finished(painted: NDArray[np.float32] | None, photo: Picture) -> Picture:
    """The photo painted over, with its transparency and metadata.

    Args:
        painted: ``(1, 3, H, W)`` about [0, 1], clipped and rounded to the photo's dtype; ``None``
            leaves the photo as it is.
        photo: whose fully transparent pixels stay as they are.
    """
    if painted is None:
        return photo.with_rgb(photo.rgb.copy())
    rgb: NDArray[Any] = to_uint8(painted) if photo.bits == 8 else to_uint16(painted)
    if photo.alpha is not None:
        hidden = photo.alpha == 0
        rgb[hidden] = photo.rgb[hidden]
    return photo.with_rgb(rgb)


def as_given(painted: Picture, source: Any) -> Any:
    """A painting as the photo came, :func:`~styler.inference.inputs.as_picture` backwards.

    Bytes are encoded in the photo's own format, or as PNG where that is not written; paths and
    files become arrays.
    """
    if isinstance(source, Picture):
        return painted
    if isinstance(source, Image.Image):
        image = Image.fromarray(painted.samples())
        if source.has_transparency_data and painted.alpha is None:
            image.putalpha(255)
        return image
    if isinstance(source, bytes | bytearray | memoryview):
        return encode(painted, own_format(painted))
    return painted.samples() if isinstance(source, np.ndarray) else painted.rgb
