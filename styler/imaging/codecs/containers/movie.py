"""Movies of ISO base media files, such as moving AVIF: without the time of their making."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["timeless"]

OUTER = {b"moov", b"trak", b"mdia"}
HEADERS = {b"mvhd", b"tkhd", b"mdhd"}


def timeless(data: bytes) -> bytes:
    """The same file with times of creation and change of zero, which is unknown.

    Encoders take them from the clock, and equal pictures would be other bytes a second later.
    Source: ISO/IEC 14496-12, 8.2.2, 8.3.2 and 8.4.2.
    """
    changed = bytearray(data)
    for start in _headers(data, 0, len(data)):
        wide = 8 if data[start] == 1 else 4  # the version tells how wide a time is
        changed[start + 4 : start + 4 + 2 * wide] = bytes(2 * wide)
    return bytes(changed)


def _headers(data: bytes, start: int, end: int) -> Iterator[int]:
    """Where the contents of each header of a movie, track or medium begin."""
    while start + 8 <= end:
        size, kind = int.from_bytes(data[start : start + 4]), data[start + 4 : start + 8]
        if kind in OUTER:
            yield from _headers(data, start + 8, min(start + size, end))
        elif kind in HEADERS and start + 28 <= end:
            yield start + 8
        if size < 8:  # to the end of the file, or longer than 4 GiB: no movie of ours
            return
        start += size
