"""How many frames a file holds, counted from its structure and never far past a limit."""

from __future__ import annotations

import struct
from contextlib import suppress
from typing import Any, BinaryIO


def count(name: str, image: Any, stream: BinaryIO, limit: int) -> int:
    """Frames of an opened image of format ``name``; counting stops just over ``limit``.

    PNG, WebP, AVIF and HEIC say so in their headers; GIF and TIFF are walked, without decoding,
    since asking their plugins takes as long as the file likes.
    """
    if name not in ("gif", "tiff"):
        return int(getattr(image, "n_frames", 1))
    position = stream.tell()
    try:
        return max(1, (_gif if name == "gif" else _tiff)(stream, limit))
    except (struct.error, IndexError):
        return 1  # cut short: reading the frame decides
    finally:
        stream.seek(position)


def _gif(stream: BinaryIO, limit: int) -> int:
    """Image descriptors in a GIF89a block sequence."""
    stream.seek(10)
    flags = stream.read(3)[0]
    stream.seek(_palette(flags), 1)
    frames = 0
    with suppress(IndexError):  # cut short in this frame
        while frames <= limit and (kind := stream.read(1)):
            if kind == b",":
                frames += 1
                flags = stream.read(9)[8]
                stream.seek(_palette(flags) + 1, 1)
            elif kind == b"!":
                stream.seek(1, 1)
            elif kind == b";":
                break
            else:
                continue
            while size := stream.read(1)[0]:
                stream.seek(size, 1)
    return frames


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _tiff(stream: BinaryIO, limit: int) -> int:
    """Image file directories in the chain of a TIFF or BigTIFF."""
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = 43 in head[2:4]
    layout, entry, at = ("Q", 20, 8) if big else ("H", 12, 4)
    link = "Q" if big else "I"
    (start,) = struct.unpack_from(order + link, head, at)
    seen: set[int] = set()
    while start and start not in seen and len(seen) <= limit and start < 1 << 62:
        seen.add(start)
        stream.seek(start)
        (entries,) = struct.unpack(order + layout, stream.read(struct.calcsize(layout)))
        stream.seek(entry * min(entries, 1 << 16), 1)
        tail = stream.read(struct.calcsize(link))
        if len(tail) < struct.calcsize(link):
            break
        (start,) = struct.unpack(order + link, tail)
    return len(seen)
