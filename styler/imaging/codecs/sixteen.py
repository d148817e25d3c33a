"""All 16 bits of files that Pillow holds in 8.

Pillow has no 16-bit colour mode: of every two bytes its unpackers keep the high one. Told that the
byte order is the other one, the same unpackers keep the low one. So such a file is decoded twice,
by the same hardened decoder, and the halves are put together.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..colour.matrix_trc import SRGB_TO_XYZ, WHITE_D50, srgb_encode

_OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}
Words = NDArray[np.uint16]
_BAND = 64
_GREY = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")


def is_deep(image: Any) -> bool:
    """Whether an opened, not yet loaded image has, or in RGB needs, over 8 bits per sample."""
    _name_planes(image)
    return image.mode in (*_GREY, "YCbCr", "LAB") or _raw_modes(image) is not None


def is_narrowed(image: Any) -> bool:
    """Whether an opened image has 16 bits of which its decoder gives the high half alone.

    Compressed planes are unpacked in the machine's byte order, whatever it is told, and freed of
    their alpha in 8 bits.
    """
    tags: Any = getattr(image, "tag_v2", {})
    packed = any(tile.codec_name == "libtiff" for tile in getattr(image, "tile", ()))
    return packed and tags.get(284) == 2 and 16 in tags.get(258, ())


@dataclass(frozen=True)
class Samples:
    """The samples of a loaded deep image, given out in bands of rows.

    ``mode`` is that of the colour: "L", "RGB" or "CMYK".
    """

    mode: str
    band: Callable[[int, int], tuple[Words, Words | None]]
    """Rows from the first up to the second as (h, W, C), and alpha (h, W) or ``None``; uint16."""


def samples(image: Any, reopen: Callable[[], Any], load: Callable[[Any], None]) -> Samples:
    """Decode a deep image; ``reopen`` gives it once more, ``load`` decodes one."""
    key = image.info.get("transparency")
    if image.mode in _GREY:
        return _grey(image, load, key)
    if image.mode in _FORMULAS:
        formula = _FORMULAS[image.mode]
        load(image)
        return Samples("RGB", lambda top, end: (_through(formula, rows(image, top, end)), None))
    raw = _raw_modes(image)
    assert raw is not None
    if raw[0].startswith("LA;"):
        _retile(image, "RGBA")  # the four bytes of a pixel, as they are
        load(image)
        return Samples("L", lambda top, end: _pairs(rows(image, top, end)))
    again = reopen()
    _name_planes(again)
    _retile(image, {name: name.replace("a", "A") for name in raw})
    _retile(again, {name: _other(name) for name in raw})
    load(image)
    load(again)

    def band(top: int, end: int) -> tuple[Words, Words | None]:
        values = rows(image, top, end).astype(np.uint16) * np.uint16(256)
        values |= rows(again, top, end)
        if image.mode != "RGBA":
            return values, _keyed(values, key)
        alpha = values[..., 3]
        return (_unmultiplied(values) if raw[0][:4] == "RGBa" else values[..., :3]), alpha

    return Samples("RGB" if image.mode == "RGBA" else image.mode, band)


def rows(image: Image.Image, top: int, end: int) -> NDArray[Any]:
    """Some rows as an array: Pillow's way to the whole of it holds three copies."""
    return np.asarray(image.crop((0, top, image.width, end)))


def _pairs(values: NDArray[np.uint8]) -> tuple[Words, Words]:
    words = values.view(">u2").astype(np.uint16)
    return words[..., :1], words[..., 1]


def _raw_modes(image: Any) -> list[str] | None:
    """The raw modes of all tiles if each has 16 bits per sample and can be read by halves."""
    names = {_raw(tile) for tile in getattr(image, "tile", ())}
    if names and not is_narrowed(image) and all(n in _SPLITTABLE for n in names):
        return sorted(names)
    return None


_SPLITTABLE = {
    f"{bands};16{order}"
    for bands in ("RGB", "RGBX", "RGBA", "RGBa", "CMYK", *"RGBA")
    for order in "BLN"
} | {"LA;16B"}


def _name_planes(image: Any) -> None:
    """Give the planes of an uncompressed 16-bit TIFF their width, which its plugin forgets."""
    tags: Any = getattr(image, "tag_v2", {})
    if tags.get(284) != 2 or 16 not in tags.get(258, ()) or image.tile[0].codec_name != "raw":
        return
    names = {_raw(tile) for tile in image.tile if len(_raw(tile)) == 1}
    if names - set("RGBA") or image.mode == "CMYK":
        raise ValueError("planes of 16 bits that are not RGB")
    order = "L" if tags.prefix == b"II" else "B"
    _retile(image, {name: f"{name};16{order}" for name in names})


def _raw(tile: Any) -> str:
    return tile.args if isinstance(tile.args, str) else str((tile.args or ("",))[0])


def _other(raw: str) -> str:
    return raw[:-1].replace("a", "A") + _OTHER[raw[-1]]


def _retile(image: Any, raw: str | dict[str, str]) -> None:
    tiles = []
    for tile in image.tile:
        name = raw if isinstance(raw, str) else raw.get(_raw(tile), _raw(tile))
        args = name if isinstance(tile.args, str) else (name, *tile.args[1:])
        tiles.append(tile._replace(args=args))
    image.tile = tiles


def _grey(image: Any, load: Callable[[Any], None], key: Any) -> Samples:
    tags = getattr(image, "tag_v2", {})
    inverted = tags.get(262) == 0  # TIFF: 0 is white
    twelve = any("I;12" in _raw(tile) for tile in getattr(image, "tile", ()))
    load(image)
    if image.mode.startswith("I;16"):
        white = 4095.0 if twelve else 65535.0
    else:
        tops = [_top(rows(image, y, y + _BAND)) for y in range(0, image.height, _BAND)]
        white = natural_white(max(tops), image.mode == "F")

    def band(top: int, end: int) -> tuple[Words, Words | None]:
        values = rows(image, top, end)
        if white == 65535 and image.mode.startswith("I;16"):
            words = values.astype(np.uint16)
        else:
            scaled = np.nan_to_num(values.astype(np.float64)) * (65535 / white)
            words = np.rint(np.clip(scaled, 0, 65535)).astype(np.uint16)
        words = (65535 - words if inverted else words)[..., None]
        return words, _keyed(words, key)

    return Samples("L", band)


def _top(values: NDArray[Any]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else 0.0


def natural_white(top: float, floating: bool) -> float:
    """White of samples that do not say it: the least of 1 (floats), 255, 65535 and 2^31 - 1 that
    the largest value does not exceed, or else that value.
    """
    scales = (*((1.0,) if floating else ()), 255.0, 65535.0, 2.0**31 - 1)
    return next((scale for scale in scales if top <= scale), top)


def _keyed(values: NDArray[np.uint16], key: Any) -> NDArray[np.uint16] | None:
    """Alpha from the one transparent colour of a PNG (its tRNS chunk)."""
    if key is None:
        return None
    return np.where((values == np.asarray(key)).all(-1), 0, 65535).astype(np.uint16)


def _unmultiplied(values: Words) -> Words:
    alpha = np.maximum(values[..., 3:], 1).astype(np.float32)
    return np.rint(np.minimum(values[..., :3] * (65535 / alpha), 65535)).astype(np.uint16)


def _through(
    formula: Callable[[NDArray[np.float32]], NDArray[np.float32]], values: NDArray[np.uint8]
) -> Words:
    """8-bit pixels to 16-bit RGB, so that nothing is rounded to 8 bits on the way to sRGB."""
    return np.rint(np.clip(formula(values.astype(np.float32)), 0, 1) * 65535).astype(np.uint16)


def _from_ycbcr(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """Y, Cb, Cr to R, G, B (JFIF 1.02)."""
    band[..., 1:] -= 128
    matrix = np.array([[1, 0, 1.402], [1, -0.344136, -0.714136], [1, 1.772, 0]], np.float32)
    return np.asarray(band @ matrix.T / 255, np.float32)


def _from_lab(band: NDArray[np.float32]) -> NDArray[np.float32]:
    """CIELAB under D50 (CIE 15), L of 255 for 100, a and b in two's complement, to sRGB."""
    ab = np.where(band[..., 1:] > 127, band[..., 1:] - 256, band[..., 1:])
    y = (band[..., :1] * (100 / 255) + 16) / 116
    f = np.concatenate([y + ab[..., :1] / 500, y, y - ab[..., 1:] / 200], -1)
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) * (27 / 24389)) * np.array(
        WHITE_D50, np.float32
    )
    return np.asarray(srgb_encode(xyz @ np.linalg.inv(SRGB_TO_XYZ).T.astype(np.float32)))


_FORMULAS = {"YCbCr": _from_ycbcr, "LAB": _from_lab}
