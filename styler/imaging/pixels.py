"""Any Pillow mode to 8-bit sRGB and alpha."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from . import icc

DEEP_GREY = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")


def split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """An 8-bit image of any mode to one of L, RGB or CMYK, and its alpha (L) where it has one."""
    if image.mode in ("1", "L", "RGB", "P") and "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode in ("La", "RGBa", "PA"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    elif image.mode == "P":
        image = image.convert("RGBA" if image.im.getpalettemode() == "RGBA" else "RGB")
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        colour = image.getchannel("L") if image.mode == "LA" else image.convert("RGB")
        return colour, None if alpha.getextrema()[0] == 255 else alpha
    if image.mode == "1":
        return image.convert("L"), None
    return (image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")), None


def to_srgb8(
    image: Image.Image, profile: bytes | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None, str | None]:
    """An 8-bit image of any mode to (H, W, 3) sRGB, (H, W) alpha or None, and the profile used."""
    if image.mode == "LAB":
        profile = None  # says what it is by itself
    colour, alpha = split(image)
    name = None
    if profile:
        colour, name = icc.to_srgb(colour, profile)
    if colour.mode != "RGB":
        colour = colour.convert("RGB")
    return np.asarray(colour), None if alpha is None else np.asarray(alpha), name


def grey_to_float(image: Image.Image, white: float | None = None) -> NDArray[np.float32]:
    """An I;16, I or F image to (H, W) float32 in [0, 1].

    ``white`` is the value of white. ``I`` and ``F`` have none of their own: unless given, it is
    the smallest of 1 (F only), 255, 65535 and 2^31 - 1 that no value exceeds.
    """
    values: NDArray[Any] = np.asarray(image)
    if image.mode.startswith("I;16"):
        white = white or 65535
    elif white is None:
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
        top = values.max()
        scales = ((1,) if image.mode == "F" else ()) + (255, 65535, 2**31 - 1)
        white = next((s for s in scales if top <= s), float(top))
    out = values.astype(np.float32)
    out /= np.float32(white)
    return np.clip(out, 0, 1, out=out)
