"""Matrix/TRC colour profiles in floating point, for samples of more than 8 bits.

Source: ICC.1:2022, sections 8.3 (matrix model), 10.6 (curveType) and 10.18 (parametric curves).
Pillow's binding of LittleCMS takes 8 bits per sample, which bands where a profile is far from
sRGB (linear light). Profiles of another kind (tables, CMYK) are left to it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import iccfile

WHITE_D50 = (0.9642, 1.0, 0.8249)

# sRGB's primaries under D50 (IEC 61966-2-1, Bradford adapted); a column each for R, G, B.
SRGB_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)


def srgb_encode(linear: NDArray[Any]) -> NDArray[Any]:
    """Linear light to sRGB values; what is outside [0, 1] is clipped."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


@dataclass(frozen=True, eq=False)
class Shaper:
    """A tone curve per channel (65536 values of linear light) and, for RGB, the matrix from linear
    light to linear sRGB."""

    curves: tuple[NDArray[np.float32], ...]
    matrix: NDArray[np.float32] | None

    def to_srgb(self, values: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """(H, W, C) samples to sRGB samples of the same shape, both 0 to 65535."""
        out = np.empty_like(values)
        for row in range(0, len(values), 32):  # the working memory stays small
            band = values[row : row + 32]
            linear = np.stack(
                [np.take(curve, band[..., c]) for c, curve in enumerate(self.curves)], -1
            )
            if self.matrix is not None:
                linear = linear @ self.matrix.T
            np.clip(linear, 0, 1, out=linear)
            np.sqrt(linear, out=linear)
            linear *= np.float32(65535)
            out[row : row + 32] = np.take(_encoded(), np.rint(linear).astype(np.uint16))
        return out


@cache
def _encoded() -> NDArray[np.uint16]:
    """sRGB by the square root of linear light: evenly fine, where linear steps are coarse."""
    values = np.rint(65535 * srgb_encode(np.linspace(0, 1, 65536) ** 2))
    return np.asarray(values, np.uint16)


@lru_cache(maxsize=16)
def parse(profile: bytes) -> Shaper | None:
    """The shaper of a grey or RGB matrix/TRC profile; ``None`` for any other or a damaged one."""
    try:
        tags = iccfile.tags(profile)
        if profile[20:24] != b"XYZ " or {b"A2B0", b"A2B1"} & tags.keys():
            return None
        if iccfile.space(profile) == "GRAY":
            return Shaper((_curve(tags[b"kTRC"]),), None)
        if iccfile.space(profile) != "RGB":
            return None
        curves = tuple(_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC"))
        columns = [_xyz(tags[name]) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    except (struct.error, KeyError, ValueError):
        return None
    matrix = np.linalg.inv(SRGB_TO_XYZ) @ np.stack(columns, 1)
    return Shaper(curves, matrix.astype(np.float32))


def _xyz(tag: bytes) -> list[float]:
    if tag[:4] != b"XYZ ":
        raise ValueError("no XYZ tag")
    return [v / 65536 for v in struct.unpack_from(">3i", tag, 8)]


def _curve(tag: bytes) -> NDArray[np.float32]:
    """Linear light of every 16-bit sample."""
    x = np.linspace(0, 1, 65536)
    if tag[:4] == b"para":
        y = _parametric(tag, x)
    elif tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            y = x
        elif count == 1:
            y = x ** (struct.unpack_from(">H", tag, 12)[0] / 256)
        else:
            table = np.frombuffer(tag, ">u2", count, 12) / 65535
            y = np.interp(x, np.linspace(0, 1, count), table)
    else:
        raise ValueError("no tone curve")
    if not np.isfinite(y).all():
        raise ValueError("no tone curve")
    return np.clip(y, 0, 1).astype(np.float32)


def _parametric(tag: bytes, x: NDArray[np.float64]) -> NDArray[np.float64]:
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError("unknown parametric curve")
    count = (1, 3, 4, 5, 7)[kind]
    given = [v / 65536 for v in struct.unpack_from(f">{count}i", tag, 12)]
    g, a, b, c, d, e, f = given + [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0][count:]
    if kind in (1, 2):  # (aX + b)^g + c from X = -b/a on, c below
        c, d, e, f = 0.0, -b / a if a else 0.0, c, c
    powered = np.maximum(a * x + b, 0) ** g + e
    return np.asarray(np.where(x >= d, powered, c * x + f), np.float64)
