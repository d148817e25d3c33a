"""Colour profiles to sRGB, in one place; and the sRGB profile that outputs carry.

Sources: ICC.1:2022 (profile layout, matrix/TRC model, parametric curves); IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import io
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..picture import narrower, wider
from . import iccfile, matrix_trc

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}


@cache
def srgb_profile() -> bytes:
    """A version 2 sRGB profile, the same bytes every time (2.6 kB).

    ``scripts/make_srgb_profile.py`` made it: the one of LittleCMS carries the time of its making.
    """
    return Path(__file__).with_name("srgb.icc").read_bytes()


def to_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, str | None]:
    """An 8-bit L, RGB or CMYK image to sRGB "RGB" by its profile, and the profile's name.

    Relative colorimetric with black point compensation. A profile that is damaged or made for
    other channels is ignored (name ``None``); one that is sRGB in effect changes no pixel.
    """
    if iccfile.space(profile) == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    transform = _transform(profile, image.mode)
    if transform is None:
        return image, None
    if transform != "identity":
        image = transform.apply(image)
    return image, iccfile.name(profile)


def deep_to_srgb(
    values: NDArray[np.uint16], mode: str, profile: bytes | None
) -> tuple[NDArray[np.uint16], str | None]:
    """16-bit (H, W, C) samples of mode L, RGB or CMYK to (H, W, 3) sRGB: :func:`to_srgb`.

    Matrix and grey profiles are applied in floating point; the rest, and CMYK, at 8 bits.
    """
    name = None
    if profile and mode != "CMYK":
        if iccfile.space(profile) == "RGB" and mode == "L":
            values, mode = np.repeat(values, 3, 2), "RGB"
        transform, shape = _transform(profile, mode), matrix_trc.parse(profile)
        name = iccfile.name(profile) if transform else None
        if transform and transform != "identity" and shape:
            values = shape.to_srgb(values)
        if transform in (None, "identity") or shape:
            profile = None
    if profile or mode == "CMYK":
        size = (values.shape[1], values.shape[0])
        image = Image.frombytes(mode, size, narrower(values).tobytes())
        if profile:
            image, name = to_srgb(image, profile)
        return wider(np.asarray(image.convert("RGB"))), name
    return (values if values.shape[2] == 3 else np.repeat(values, 3, 2)), name


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """From ``mode`` to sRGB; "identity" where no colour moves by over one level; ``None`` where
    the profile is for other channels or damaged."""
    from PIL import ImageCms

    if _MODES.get(iccfile.space(profile)) != mode or not iccfile.is_sound(profile):
        return None

    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    if mode == "CMYK":  # resampled to a coarser table it would be off by up to 4 levels
        flags |= ImageCms.Flags.NOOPTIMIZE
    try:
        transform = ImageCms.buildTransform(
            io.BytesIO(profile),
            io.BytesIO(srgb_profile()),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if mode == "CMYK":
        return transform
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    if mode == "L":
        grid = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2)
    probe = Image.fromarray(grid if mode == "RGB" else np.ascontiguousarray(grid[..., 0]))
    moved = np.abs(np.asarray(transform.apply(probe)).astype(int) - grid).max()
    return "identity" if moved <= 1 else transform
