"""PNG and TIFF of 16 bits per sample, which Pillow does not write in colour.

Sources: PNG specification, third edition (chunks, filter 4); TIFF 6.0 and its technical note 1
(Deflate), section 14 (horizontal differencing).
"""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from . import exif as exifs
from .picture import Picture, Pixels

_BAND = 64  # rows filtered, and in a TIFF stored, together


def png(picture: Picture, *, profile: bytes | None, exif: bytes | None) -> bytes:
    """A 16-bit PNG, RGB or RGBA."""
    samples = _samples(picture)
    channels = samples.shape[2]
    colour_type = {3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 16, colour_type, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if profile:
        chunks.append(_chunk(b"iCCP", b"sRGB\0\0" + zlib.compress(profile, 9)))
    if picture.metadata.dpi:
        x, y = (round(v / 0.0254) for v in picture.metadata.dpi)
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", x, y, 1)))
    if exif:
        chunks.append(_chunk(b"eXIf", exif))
    packer = zlib.compressobj(6)
    above = np.zeros((1, picture.width * channels * 2), np.int16)
    data = b""
    for row in range(0, picture.height, _BAND):
        band = samples[row : row + _BAND].astype(">u2").view(np.uint8)
        rows = band.reshape(len(band), -1).astype(np.int16)
        data += packer.compress(_paeth(rows, above, 2 * channels))
        above = rows[-1:]
    chunks.append(_chunk(b"IDAT", data + packer.flush()))
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


def tiff(picture: Picture, *, profile: bytes | None, exif: bytes | None) -> bytes:
    """A 16-bit TIFF, RGB or RGBA (alpha not premultiplied), Deflate with differencing."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    samples = _samples(picture)
    channels = samples.shape[2]
    strips = []
    for row in range(0, picture.height, _BAND):
        band = samples[row : row + _BAND].copy()
        band[:, 1:] -= samples[row : row + _BAND, :-1]
        strips.append(zlib.compress(band.astype("<u2").tobytes(), 6))
    lengths = [len(strip) for strip in strips]
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    directory = ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in exifs.describing(exif).items() if exif else ():
        directory[tag] = value
    x, y = picture.metadata.dpi or (1.0, 1.0)
    fields = {
        256: picture.width,
        257: picture.height,
        258: (16,) * channels,
        259: 8,  # Deflate
        262: 2,  # RGB
        273: tuple(starts),  # relative to the end of the directory, which Pillow adds
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
    for tag, value in fields.items():
        directory[tag] = value
    out = io.BytesIO()
    directory.save(out)
    return out.getvalue() + b"".join(strips)


def _samples(picture: Picture) -> Pixels:
    """(H, W, 3 or 4) uint16."""
    if picture.alpha is None:
        return picture.rgb
    return np.dstack([picture.rgb, picture.alpha])
