"""A PNG without the chunks that may stop a decoder.

Source: PNG specification, third edition (chunks; their order, lengths and checksums).
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from styler.errors import ImageError

from .parts import MAX_PROFILE, NO_PROFILE, Essence, Part, spliced

_MAX_METADATA = 1 << 20  # of all other chunks together, unpacked
_MAX_CHUNKS = 1 << 20
_TEXT = (b"tEXt", b"zTXt", b"iTXt")
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_WANTED = (b"eXIf", b"pHYs", *_TEXT)
END = "its end is missing"
DAMAGED = "metadata are left out (damaged)"
TOO_LARGE = "metadata are left out (too large)"
_INDEXED = 3
_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9}

Chunk = tuple[bytes, int, int]
"""Type, where it begins in the file, and how long its data are."""


def walk(stream: BinaryIO, where: str) -> Essence:
    """The critical chunks, the animation if it is sound, and sound metadata of a usual size."""
    size = stream.seek(0, 2)
    chunks, rest = _chunks(stream, size, where)
    kinds = {chunk[0] for chunk in (*chunks, rest)}
    if chunks[0][0] != b"IHDR" or chunks[0][2] != 13 or b"IDAT" not in kinds:
        return Essence(stream)
    header = _data(stream, chunks[0])
    moving = any(kind in _ANIMATION for kind, _, _ in chunks)
    still = moving and not _is_sound(stream, chunks, header)
    found, parts, left = Essence(stream), list[Part]([(0, 8)]), _MAX_METADATA
    notes = ["its animation is left out (damaged)"] if still else []
    for chunk in chunks:
        kind, at, length = chunk
        if kind == b"PLTE" and header[9] != _INDEXED:
            continue  # a proposal for screens of few colours
        whole = (at, at + 12 + length)
        if kind[:1].isupper() or kind in _ANIMATION:
            if kind != b"IEND" and not (still and kind in _ANIMATION):
                parts.append(whole)
            continue
        data = _data(stream, chunk) if length <= max(left, MAX_PROFILE) else None
        if data is None:
            notes.append(TOO_LARGE)
        elif not _is_whole(stream, chunk, data) or length != _LENGTHS.get(kind, length):
            notes.append(NO_PROFILE if kind == b"iCCP" else DAMAGED)
        elif kind == b"iCCP":
            found.profile = _unpacked(data)
            notes += [NO_PROFILE] if found.profile is None else []
        elif kind == b"tRNS":
            key = _key(header, data)
            parts.append(packed(kind, key) if key else b"")
            notes += [] if key else [DAMAGED]
        elif kind in _WANTED:
            needed = _memory(kind, data, left)
            if needed is None or needed > left:
                notes.append(DAMAGED if needed is None else TOO_LARGE)
            else:
                left -= needed
                parts.append(whole)
    if rest[0] == b"IDAT":
        parts += _mended(stream, rest)
    if chunks[-1][0] != b"IEND":
        notes.append(END)
    found.stream = spliced(stream, [*parts, packed(b"IEND", b"")])
    found.notes = tuple(dict.fromkeys(notes))
    return found


def packed(kind: bytes, data: bytes) -> bytes:
    """A chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _mended(stream: BinaryIO, chunk: Chunk) -> list[Part]:
    """What there is of a chunk that is cut short, as a whole one."""
    kind, at, length = chunk
    stream.seek(at + 8)
    checksum, left = zlib.crc32(kind), length
    while block := stream.read(min(left, 1 << 20)):
        checksum, left = zlib.crc32(block, checksum), left - len(block)
    length -= left
    head = struct.pack(">I", length) + kind
    return [head, (at + 8, at + 8 + length), struct.pack(">I", checksum)]


def _chunks(stream: BinaryIO, size: int, where: str) -> tuple[list[Chunk], Chunk]:
    """All chunks up to the end, or to one that is not whole, and that."""
    found: list[Chunk] = []
    at = 8
    while at + 8 <= size:
        stream.seek(at)
        length, kind = struct.unpack(">I4s", stream.read(8))
        if not kind.isalpha() or at + 12 + length > size:
            return found or [(b"", 8, 0)], (kind, at, length)
        found.append((kind, at, length))
        if kind == b"IEND":
            break
        at += 12 + length
        if len(found) > _MAX_CHUNKS:
            raise ImageError(f"{where}: over {_MAX_CHUNKS} PNG chunks; save it anew")
    return found or [(b"", 8, 0)], (b"", size, 0)


def _data(stream: BinaryIO, chunk: Chunk) -> bytes:
    stream.seek(chunk[1] + 8)
    return stream.read(chunk[2])


def _is_whole(stream: BinaryIO, chunk: Chunk, data: bytes) -> bool:
    """Whether the checksum behind the data that were just read is theirs."""
    return stream.read(4) == struct.pack(">I", zlib.crc32(chunk[0] + data))


def _is_sound(stream: BinaryIO, chunks: list[Chunk], header: bytes) -> bool:
    """Whether the animation's chunks are whole, in order and inside the picture."""
    width, height = struct.unpack_from(">II", header)
    expected, controls, announced = 0, 0, 0
    for chunk in chunks:
        kind, _, length = chunk
        if kind not in _ANIMATION:
            continue
        if kind == b"fdAT":
            stream.seek(chunk[1] + 8)
            head = stream.read(min(length, 4))
        else:
            head = _data(stream, chunk) if length < 100 else b""
            if not _is_whole(stream, chunk, head):
                return False
        if length != {b"acTL": 8, b"fcTL": 26}.get(kind, length) or len(head) < 4:
            return False
        (number,) = struct.unpack_from(">I", head)
        if kind == b"acTL":
            if announced or not number:
                return False
            announced = number
            continue
        if number != expected:
            return False
        expected += 1
        if kind == b"fcTL":
            controls += 1
            w, h, x, y = struct.unpack_from(">4I", head, 4)
            if not w or not h or x + w > width or y + h > height:
                return False
    return 0 < announced == controls


def _unpacked(data: bytes) -> bytes | None:
    """The profile in an iCCP chunk; ``None`` if it is damaged or too large."""
    _, _, body = data.partition(b"\0")
    plain = _inflated(body, MAX_PROFILE)
    return plain if plain and len(plain) <= MAX_PROFILE else None


def _memory(kind: bytes, data: bytes, limit: int) -> int | None:
    """Bytes that a chunk takes, unpacked up to just over ``limit``; ``None`` if it is damaged."""
    key, mark, body = data.partition(b"\0")
    if kind not in _TEXT:
        return len(data)
    if not mark or not 0 < len(key) < 80:
        return None
    if kind == b"iTXt":
        fields = body[2:].split(b"\0", 2)
        if len(fields) < 3:
            return None
        kind, body = (b"zTXt" if body[0] else b"tEXt"), body[1:2] + fields[2]
    plain = _inflated(body, limit) if kind == b"zTXt" else body
    return None if plain is None else len(plain)


def _inflated(body: bytes, limit: int) -> bytes | None:
    """What is packed behind a byte for the method, up to just over ``limit`` bytes of it."""
    if body[:1] != b"\0":
        return None
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(body[1:], limit + 1)
    except zlib.error:
        return None
    return plain if unpacker.eof or len(plain) > limit else None


def _key(header: bytes, data: bytes) -> bytes | None:
    """The transparent colour with only the bits that count, as the decoder compares it: a grey of
    few bits as one of 8."""
    depth, colour = header[8], header[9]
    if colour == _INDEXED:
        return data[:256] or None
    count = {0: 1, 2: 3}.get(colour, 0)
    if not count or len(data) != 2 * count:
        return None
    white = (1 << depth) - 1
    scale = 255 // white if 1 < depth < 8 else 1
    return struct.pack(
        f">{count}H", *((value & white) * scale for value in struct.unpack_from(f">{count}H", data))
    )
