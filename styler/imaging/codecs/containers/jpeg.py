"""A JPEG up to its end marker, without the segments that no decoder needs.

Sources: ITU-T T.81, annex B (markers); ICC.1:2022, annex B.4 (profiles in segments).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import shake_256
from typing import BinaryIO

from styler.errors import ImageError

from .parts import MAX_PROFILE, NO_PROFILE, Essence, Part, spliced

_MAX_SCANS = 100  # encoders write about ten; each costs a pass over the picture
_MAX_SEGMENTS = 20_000
_BLOCK = 1 << 20
_EOI, _SOS = 0xD9, 0xDA
_ALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # markers without a segment
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROFILE = b"ICC_PROFILE\0"
_ANY = re.compile(rb"\xff[^\x00\xff]")
_BEHIND_A_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # neither stuffed nor a restart
_OTHER_BITS = 1 << 17  # bytes that are more than a row of blocks


def walk(stream: BinaryIO, where: str) -> Essence:
    """Tables, frame and scans, and of the rest what tells colours and orientation.

    A missing end marker is put there. Whether the pixels are complete the decoder has to tell:
    from ``otherwise``, it must make the same ones.
    """
    profile, progress, parts = _Profile(), _Progress(), list[Part]([b"\xff\xd8"])
    scans, segments, at, marker = 0, 0, 2, -1
    while marker != _EOI and (following := _find(_ANY, stream, at)) is not None:
        at, marker = following
        if marker == _EOI or marker in _ALONE:
            at += 2
            continue
        segments += 1
        if segments > _MAX_SEGMENTS:
            raise ImageError(f"{where}: over {_MAX_SEGMENTS} JPEG segments; save it anew")
        stream.seek(at + 2)
        length = int.from_bytes(stream.read(2), "big")
        body = stream.read(max(0, length - 2))
        if len(body) != length - 2:
            return Essence(stream)
        end = at + 2 + length
        if marker == 0xE2 and body.startswith(_PROFILE):
            profile.take(body[len(_PROFILE) :])
        elif _counts(marker, body):
            parts.append((at, end))
        at = end
        if marker in _FRAMES:
            progress.begin(marker, body)
        elif marker == _SOS:
            scans += 1
            if scans > _MAX_SCANS:
                raise ImageError(f"{where}: over {_MAX_SCANS} JPEG scans; save it anew")
            progress.take(body)
            behind = _find(_BEHIND_A_SCAN, stream, end)
            at = _end(stream) if behind is None else behind[0]
            parts.append((end, at))
    open_end = marker == _SOS and progress.is_complete
    if not open_end and (marker != _EOI or not scans):
        return Essence(stream)
    notes = ([] if profile.is_sound else [NO_PROFILE]) + ["its end is missing"] * open_end
    return Essence(
        spliced(stream, [*parts, b"\xff\xd9"]),
        profile.joined,
        tuple(notes),
        spliced(stream, [*parts, *_other_bits(stream, at), b"\xff\xd9"]) if open_end else None,
    )


@dataclass
class _Profile:
    """A colour profile, which comes in pieces that say of how many they are which."""

    pieces: dict[int, bytes] = field(default_factory=dict)
    count: int = 0
    size: int = 0

    def take(self, piece: bytes) -> None:
        number, count = piece[:1] or b"\0", piece[1:2] or b"\xff"
        self.count = max(self.count, count[0], 1)
        self.size += len(piece)
        if self.size <= MAX_PROFILE:
            self.pieces[number[0]] = piece[2:]

    @property
    def is_sound(self) -> bool:
        return self.size <= MAX_PROFILE and set(self.pieces) == set(range(1, self.count + 1))

    @property
    def joined(self) -> bytes | None:
        pieces = self.pieces
        return b"".join(pieces[n] for n in sorted(pieces)) if pieces and self.is_sound else None


@dataclass
class _Progress:
    """Which bits of which coefficients the scans so far have had."""

    missing: dict[int, list[int]] = field(default_factory=dict)
    sequential: bool = True

    def begin(self, marker: int, body: bytes) -> None:
        """The header of a frame."""
        self.missing = {component: [1] * 64 for component in body[6::3]}
        self.sequential = marker not in (0xC2, 0xC6, 0xCA, 0xCE)

    def take(self, body: bytes) -> None:
        """The header of a scan."""
        count = 2 * body[0] if body else 0
        first, last, bits = (*body[count + 1 : count + 4], 0, 0, 0)[:3]
        for component in body[1 : count + 1 : 2]:
            for n in range(64) if self.sequential else range(first, min(last + 1, 64)):
                self.missing.setdefault(component, [1] * 64)[n] = bits & 15

    @property
    def is_complete(self) -> bool:
        return not any(map(any, self.missing.values()))


def _counts(marker: int, body: bytes) -> bool:
    """Whether a segment changes what a decoder makes of the picture, and is sound as such."""
    if marker == 0xE0:
        return body.startswith(b"JFIF\0") and len(body) >= 14
    if marker == 0xE1:
        return body.startswith((b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"))
    if marker == 0xEE:
        return body.startswith(b"Adobe") and len(body) >= 12
    return marker < 0xE0  # neither for applications, nor reserved, nor a comment


def _other_bits(stream: BinaryIO, end: int) -> list[bytes]:
    """Bits that differ at once from the zeros a decoder assumes, and the restart that follows."""
    noise = b"\xfe" + shake_256(b"").digest(_OTHER_BITS).replace(b"\xff", b"")
    stream.seek(max(0, end - _BLOCK))
    restarts = re.findall(rb"\xff([\xd0-\xd7])", stream.read(_BLOCK))
    following = 0xD0 + (restarts[-1][0] + 1 & 7 if restarts else 0)
    return [noise, bytes((0xFF, following)), noise]


def _end(stream: BinaryIO) -> int:
    """Where a file ends, but for the first half of a marker."""
    size = stream.seek(0, 2)
    stream.seek(size - 1)
    return size - (stream.read(1) == b"\xff")


def _find(pattern: re.Pattern[bytes], stream: BinaryIO, at: int) -> tuple[int, int] | None:
    """Where the next marker is, and which."""
    size = 256  # most segments follow each other at once
    while True:
        stream.seek(at)
        block = stream.read(size)
        if found := pattern.search(block):
            return at + found.start(), block[found.start() + 1]
        if len(block) < size:
            return None
        at += size - 1
        size = _BLOCK
