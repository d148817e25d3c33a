"""Some parts of a stream as a stream of their own: nothing is copied."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Part = bytes | tuple[int, int]
"""Bytes, or those of the stream from a first one up to a second."""


MAX_PROFILE = 4 << 20  # the largest press profiles have 3 MB
NO_PROFILE = "its colour profile is left out (damaged or unusable)"


@dataclass
class Essence:
    """A file as its decoder gets it.

    Attributes:
        stream: the same picture, with nothing that may stop the decoder.
        profile: its colour profile, where that was taken out of the stream.
        notes: what is wrong with the rest of the file, each in a few words.
        otherwise: the stream with other bits where the file ends too early. Pixels that differ
            were in the part that is missing.
    """

    stream: BinaryIO
    profile: bytes | None = None
    notes: tuple[str, ...] = ()
    otherwise: BinaryIO | None = None


def spliced(stream: BinaryIO, parts: Sequence[Part]) -> BinaryIO:
    """The parts one after the other as a seekable stream; ``stream`` stays open with it."""
    joined: list[Part] = []
    for part in parts:
        last = joined[-1] if joined else b""
        if isinstance(part, tuple) and isinstance(last, tuple) and last[1] == part[0]:
            joined[-1] = (last[0], part[1])
        else:
            joined.append(part)
    return io.BufferedReader(_Spliced(stream, joined), 1 << 16)


class _Spliced(io.RawIOBase):
    def __init__(self, stream: BinaryIO, parts: list[Part]) -> None:
        self._stream, self._parts, self._at = stream, parts, 0
        self._starts = [0]
        for part in parts:
            size = len(part) if isinstance(part, bytes) else part[1] - part[0]
            self._starts.append(self._starts[-1] + size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = max(0, offset + (0, self._at, self._starts[-1])[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        index = bisect_right(self._starts, self._at) - 1
        if index >= len(self._parts):
            return 0
        skipped, part = self._at - self._starts[index], self._parts[index]
        size = min(len(view), self._starts[index + 1] - self._at)
        if isinstance(part, bytes):
            data = part[skipped : skipped + size]
        else:
            self._stream.seek(part[0] + skipped)
            data = self._stream.read(size)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
