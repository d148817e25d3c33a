"""Colour profiles to sRGB, in one place; and the sRGB profile that outputs carry.

Sources: ICC.1:2022 (profile layout, matrix/TRC model, parametric curves); IEC 61966-2-1 (sRGB).
"""

from __future__ import annotations

import io
import struct
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from PIL import ImageCms

# sRGB's primaries under D50 (Bradford adapted); a column each for red, green, blue.
SRGB_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
_D50 = (0.9642, 1.0, 0.8249)


def srgb_decode(encoded: NDArray[Any]) -> NDArray[Any]:
    """sRGB values to linear light, both in [0, 1] (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def srgb_encode(linear: NDArray[Any]) -> NDArray[Any]:
    """Linear light to sRGB values; what is outside [0, 1] is clipped."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@cache
def srgb_profile() -> bytes:
    """A version 2 sRGB profile, the same bytes every time (2.6 kB).

    Made here because the one of LittleCMS carries the time of its making.
    """
    name = b"sRGB IEC61966-2.1"
    curve = np.rint(65535 * srgb_decode(np.linspace(0, 1, 1024))).astype(">u2").tobytes()
    trc = b"curv" + struct.pack(">II", 0, 1024) + curve
    tags = {
        b"desc": b"desc" + struct.pack(">II", 0, len(name) + 1) + name + bytes(1 + 8 + 3 + 67),
        b"cprt": b"text" + bytes(4) + b"No copyright, use freely\0",
        b"wtpt": _xyz(_D50),
        b"rXYZ": _xyz(SRGB_TO_XYZ[:, 0]),
        b"gXYZ": _xyz(SRGB_TO_XYZ[:, 1]),
        b"bXYZ": _xyz(SRGB_TO_XYZ[:, 2]),
        b"rTRC": trc,
        b"gTRC": trc,
        b"bTRC": trc,
    }
    offset = 128 + 4 + 12 * len(tags)
    table, data, placed = struct.pack(">I", len(tags)), b"", {}
    for signature, body in tags.items():
        if body not in placed:
            placed[body] = offset + len(data)
            data += body + bytes(-len(body) % 4)
        table += signature + struct.pack(">II", placed[body], len(body))
    header = struct.pack(
        ">I4xI4s4s4s12s4s4xI4s4xQI12s48x",
        offset + len(data),
        0x02100000,
        b"mntr",
        b"RGB ",
        b"XYZ ",
        struct.pack(">6H", 2026, 1, 1, 0, 0, 0),
        b"acsp",
        0,
        bytes(4),
        0,
        0,
        _xyz(_D50)[8:],
    )
    return header + table + data


def _xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * float(v)) for v in values))


def to_srgb(image: Image.Image, profile: bytes) -> tuple[Image.Image, str | None]:
    """An 8-bit L, RGB or CMYK image to sRGB "RGB" by its profile, and the profile's name.

    Relative colorimetric with black point compensation. A profile that is damaged or made for
    other channels is ignored (name ``None``); one that is sRGB in effect changes no pixel.
    """
    opened = _open(profile)
    if opened is None:
        return image, None
    space = opened.profile.xcolor_space.strip()
    if space == "RGB" and image.mode == "L":
        image = image.convert("RGB")
    if {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space) != image.mode:
        return image, None
    name = " ".join((opened.profile.profile_description or "unnamed").split())
    transform = _transform(profile, image.mode)
    if transform is None:
        return image, None
    if transform == "identity":
        return image, name
    return transform.apply(image), name


def _open(profile: bytes) -> ImageCms.ImageCmsProfile | None:
    from PIL import ImageCms

    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """The transform to sRGB; "identity" where it moves no colour by over one level; or None."""
    from PIL import ImageCms

    try:
        transform = ImageCms.buildTransform(
            io.BytesIO(profile),
            io.BytesIO(srgb_profile()),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
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
