"""What stands in a colour profile, read with care (ICC.1:2022, sections 7 and 10).

LittleCMS believes the counts it finds and allocates up to half a gigabyte by them; a profile is
handed to it only when its tables are as large as they say.
"""

from __future__ import annotations

import struct
from math import prod

_MAX_TAGS = 200


def tags(profile: bytes) -> dict[bytes, bytes]:
    """Signature -> data of each tag. Raises ``ValueError`` or ``struct.error`` if damaged."""
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > _MAX_TAGS:
        raise ValueError("too many tags")
    found = {}
    for i in range(count):
        name, start, size = struct.unpack_from(">4sII", profile, 132 + 12 * i)
        if start + size > len(profile):
            raise ValueError("a tag outside the profile")
        found[name] = profile[start : start + size]
    return found


def space(profile: bytes) -> str:
    """The device colour space: "RGB", "GRAY", "CMYK"..."""
    return profile[16:20].decode("latin-1").strip()


def is_sound(profile: bytes) -> bool:
    """Whether every lookup table holds as much as its dimensions say."""
    try:
        return all(_fits(tag) for tag in tags(profile).values())
    except (struct.error, ValueError, IndexError):
        return False


def _fits(tag: bytes) -> bool:
    kind = tag[:4]
    if kind in (b"mft1", b"mft2"):
        inputs, outputs, grid = tag[8:11]
        return bool(grid**inputs * outputs * (1 if kind == b"mft1" else 2) <= len(tag))
    if kind in (b"mAB ", b"mBA "):
        inputs, outputs = tag[8:10]
        (at,) = struct.unpack_from(">I", tag, 24)
        if at:
            grid = prod(tag[at : at + min(inputs, 16)])
            return bool(grid * outputs * tag[at + 16] <= len(tag))
    return True


def name(profile: bytes) -> str:
    """The description in one line, or "unnamed"."""
    try:
        tag = tags(profile).get(b"desc", b"")
        if tag[:4] == b"mluc":
            size, start = struct.unpack_from(">II", tag, 20)
            text = tag[start : start + min(size, 400)].decode("utf-16-be", "replace")
        else:
            (size,) = struct.unpack_from(">I", tag, 8)
            text = tag[12 : 12 + min(size, 200)].decode("latin-1")
    except (struct.error, ValueError):
        return "unnamed"
    shown = "".join(c if c.isprintable() else " " for c in text.replace("\0", ""))
    return " ".join(shown.split()) or "unnamed"
