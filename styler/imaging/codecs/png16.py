"""PNG of 16 bits per sample, which Pillow does not write in colour.

Source: PNG specification, third edition (chunks, filter 4).
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from ..picture import Picture

LEVEL = 4
"""Of compression: a third of the time that Pillow's own level takes, for a twentieth more bytes."""


def encode(picture: Picture, *, profile: bytes | None, exif: bytes | None) -> bytes:
    """A 16-bit PNG, RGB or RGBA."""
    channels, colour_type = (3, 2) if picture.alpha is None else (4, 6)
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 16, colour_type, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if profile:
        chunks.append(_chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile, 9)))
    if picture.metadata.dpi:
        x, y = (round(v / 0.0254) for v in picture.metadata.dpi)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if exif:
        chunks.append(_chunk(b"eXIf", exif))
    packer = zlib.compressobj(LEVEL)
    above = np.zeros((1, picture.width * channels * 2), np.int16)
    parts = []
    for _, band in picture.bands():
        rows = band.astype(">u2").view(np.uint8).reshape(len(band), -1).astype(np.int16)
        parts.append(packer.compress(_paeth(rows, above, 2 * channels)))
        above = rows[-1:]
    parts.append(packer.flush())
    chunks += [_chunk(b"IDAT", part) for part in parts if part]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _paeth(rows: NDArray[np.int16], above: NDArray[np.int16], step: int) -> bytes:
    """Rows of bytes under filter 4: each minus the nearest of left, up and up-left."""
    up = np.concatenate([above, rows[:-1]])
    left, corner = np.zeros_like(rows), np.zeros_like(rows)
    left[:, step:], corner[:, step:] = rows[:, :-step], up[:, :-step]
    to_left, to_up = np.abs(up - corner), np.abs(left - corner)
    to_corner = np.abs(left + up - 2 * corner)
    guess = np.where(to_up <= to_corner, up, corner)
    guess = np.where((to_left <= to_up) & (to_left <= to_corner), left, guess)
    out = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    out[:, 0] = 4
    out[:, 1:] = (rows - guess).astype(np.uint8)
    return out.tobytes()
