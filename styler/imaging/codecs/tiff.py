"""TIFF of 8 or 16 bits per sample with its EXIF directory, which Pillow loses when it compresses.

Sources: TIFF 6.0, section 14 (horizontal differencing), and its technical note 1 (Deflate).
"""

from __future__ import annotations

import io
import zlib
from typing import Any

from ..picture import Picture
from ..scratch import release
from . import exif as exifs

_BAND = 64  # rows of a strip


def encode(picture: Picture, *, profile: bytes | None, exif: bytes | None) -> bytes:
    """A TIFF, RGB or RGBA (alpha not premultiplied), Deflate with horizontal differencing."""
    strips = []
    for row in range(0, picture.height, _BAND):
        samples = picture.samples(slice(row, row + _BAND))
        band = samples.copy()
        band[:, 1:] -= samples[:, :-1]
        strips.append(zlib.compress(band.astype(band.dtype.newbyteorder("<")).tobytes(), 6))
        release(picture.rgb, picture.alpha)
    channels = 3 if picture.alpha is None else 4
    fields = _fields(picture, channels, [len(strip) for strip in strips], profile)
    try:
        head = _directory(fields | (exifs.describing(exif) if exif else {}))
    except Exception:  # whatever a camera wrote that cannot be written again
        head = _directory(fields)
    return head + b"".join(strips)


def _fields(
    picture: Picture, channels: int, lengths: list[int], profile: bytes | None
) -> dict[int, Any]:
    x, y = picture.metadata.dpi or (1.0, 1.0)
    fields: dict[int, Any] = {
        256: picture.width,
        257: picture.height,
        258: (picture.bits,) * channels,
        259: 8,  # Deflate
        262: 2,  # RGB
        273: tuple(sum(lengths[:i]) for i in range(len(lengths))),  # Pillow adds its own length
        277: channels,
        278: _BAND,
        279: tuple(lengths),
        282: x,
        283: y,
        296: 2 if picture.metadata.dpi else 1,  # inches, or no unit
        317: 2,  # horizontal differencing
    }
    if channels == 4:
        fields[338] = 2  # alpha, not premultiplied
    if profile:
        fields[34675] = profile
    return fields


def _directory(fields: dict[int, Any]) -> bytes:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in fields.items():
        directory[tag] = value
    out = io.BytesIO()
    directory.save(out)
    return out.getvalue()
