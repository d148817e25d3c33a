"""Any Pillow mode to 8-bit sRGB and alpha."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import icc


def split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """An 8-bit image of any mode to one of L, RGB or CMYK, and its alpha (L) where it has one."""
    if image.mode in ("1", "L", "RGB", "P") and "transparency" in image.info:
        image = image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    elif image.mode in ("La", "RGBa", "PA"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    elif image.mode == "P":
        image = image.convert("RGBA" if image.im.getpalettemode() == "RGBA" else "RGB")
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        colour = image.getchannel("L") if image.mode == "LA" else image.convert("RGB")
        return colour, alpha
    if image.mode == "1":
        return image.convert("L"), None
    return (image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")), None


def to_srgb(
    image: Image.Image, profile: bytes | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None, str | None]:
    """An 8-bit image of any mode to (H, W, 3) sRGB, (H, W) alpha or None, and the profile used."""
    colour, alpha = split(image)
    name = None
    if profile:
        colour, name = icc.to_srgb(colour, profile)
    if colour.mode != "RGB":
        colour = colour.convert("RGB")
    return np.asarray(colour), None if alpha is None else np.asarray(alpha), name
