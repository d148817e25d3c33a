"""A WebP without metadata that are cut short.

Source: RFC 9649, section 2 (RIFF chunks and their order, the flags of VP8X).
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from styler.errors import ImageError

from .parts import Essence, Part, spliced

_MAX_CHUNKS = 100_000
_PIXELS = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF")
_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08, b"XMP ": 0x04}


def walk(stream: BinaryIO, where: str) -> Essence:
    """All chunks that are whole, under a header that names these alone."""
    size = stream.seek(0, 2)
    stream.seek(4)
    declared = 8 + int.from_bytes(stream.read(4), "little")
    size = declared if 12 < declared <= size else size
    kept: list[tuple[bytes, int, int]] = []
    names: set[bytes] = set()
    at, lost = 12, False
    while at + 8 <= size and not lost:
        stream.seek(at)
        kind, length = struct.unpack("<4sI", stream.read(8))
        if lost := at + 8 + length > size:
            if kind in _PIXELS or not kept:
                return Essence(stream)
        elif kind in _PIXELS or (kind in _FLAGS and kind not in names):
            kept.append((kind, at, length))
            names.add(kind)
            if len(kept) > _MAX_CHUNKS:
                raise ImageError(f"{where}: over {_MAX_CHUNKS} WebP chunks; save it anew")
        at += 8 + length + length % 2
    if not kept or kept[0][0] not in _PIXELS:
        return Essence(stream)
    parts: list[Part] = []
    if kept[0][0] != b"VP8X":
        kept, lost = kept[:1], False  # the simple layout holds nothing else
    for kind, start, length in kept:
        data: list[Part] = [(start, start + 8 + length), bytes(length % 2)]
        if kind == b"VP8X" and length:
            stream.seek(start + 8)
            (flags,) = stream.read(1)
            for name, flag in _FLAGS.items():
                flags &= 0xFF if name in names else ~flag
            data = [(start, start + 8), bytes([flags]), (start + 9, start + 8 + length), data[1]]
        parts += data
    total = 4 + sum(8 + length + length % 2 for _, _, length in kept)
    head = b"RIFF" + struct.pack("<I", total & 0xFFFFFFFF) + b"WEBP"
    notes = ("metadata are left out (damaged)",) if lost else ()
    return Essence(spliced(stream, [head, *parts]), None, notes)
