"""AVIF and HEIC: how many bits they have, of which their decoders give 8.

Sources: AV1 in ISO base media files, 2.3.3 (av1C); ISO/IEC 14496-15, 8.3.2 (hvcC).
"""

from __future__ import annotations

from typing import BinaryIO

from .parts import Essence

_HEAD = 1 << 16  # the properties stand in front of the pixels


def walk(stream: BinaryIO, where: str) -> Essence:
    """The file as it is."""
    stream.seek(0)
    bits = _bits(stream.read(_HEAD))
    return Essence(stream, None, (f"of its {bits} bits 8 are read",) if bits > 8 else ())


def _bits(head: bytes) -> int:
    """Bits per sample that the decoder's configuration announces; 8 where there is none."""
    _, _, record = head.partition(b"av1C")
    if len(record) > 2:
        return 8 + 2 * (record[2] >> 6 & 1) + 2 * (record[2] >> 5 & 1)
    _, _, record = head.partition(b"hvcC")
    return 8 + (record[17] & 7) if len(record) > 17 else 8
