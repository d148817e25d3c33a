"""What the directories of a TIFF say of its pictures, those hidden in sub-directories included.

Sources: TIFF 6.0, section 2; its Adobe supplements (SubIFDs); DNG 1.7 (CFA and linear raw).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from styler.errors import ImageError

_MOST = 64  # directories looked at
_KIND, _OLD_KIND, _WIDTH, _HEIGHT, _COLOURS, _INNER, _DNG = 254, 255, 256, 257, 262, 330, 50706
_SENSOR = (32803, 34892)  # a colour filter's mosaic, and what is made of it before development
_SIZES = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


@dataclass(frozen=True)
class _Directory:
    tags: dict[int, tuple[int, ...]]
    page: int | None  # from 0; none in a sub-directory

    def first(self, tag: int) -> int:
        return self.tags.get(tag, (0,))[0]

    @property
    def size(self) -> tuple[int, int]:
        return self.first(_WIDTH), self.first(_HEIGHT)

    @property
    def pixels(self) -> int:
        return self.size[0] * self.size[1]

    @property
    def is_reduced(self) -> bool:
        return bool(self.first(_KIND) & 1) or self.first(_OLD_KIND) == 2


def check(stream: BinaryIO, where: str, *, any_page: bool) -> None:
    """Refuse what would be painted as its thumbnail.

    ``any_page`` is that a page was asked for, which may be a reduced one.

    Raises ``ImageError`` for cameras' raw files, and for a first page that is a reduced one.
    """
    found = _directories(stream)
    if not found:
        return
    stream.seek(8)
    canon = stream.read(2) == b"CR"
    if canon or any(_DNG in d.tags or d.first(_COLOURS) in _SENSOR for d in found):
        kind = " (CR2)" if canon else " (DNG)" if any(_DNG in d.tags for d in found) else ""
        raise ImageError(
            f"{where}: a camera's raw file{kind}; develop it first and take the TIFF or JPEG"
        )
    whole = max((d for d in found if not d.is_reduced), key=lambda d: d.pixels, default=found[0])
    if any_page or not found[0].is_reduced or whole.pixels <= found[0].pixels:
        return
    width, height = whole.size
    remedy = "save that as a file of its own"
    if whole.page is not None:
        remedy = f"ask for page {whole.page + 1}"
    raise ImageError(
        f"{where}: its first page is a reduced copy of the picture of {width}x{height}; {remedy}"
    )


def _directories(stream: BinaryIO) -> list[_Directory]:
    """Pages in their order, then sub-directories; those that are whole."""
    stream.seek(0)
    head = stream.read(16)
    order = "<" if head[:2] == b"II" else ">"
    big = 43 in head[2:4]
    found: list[_Directory] = []
    seen: set[int] = set()
    inner: list[int] = []
    try:
        (at,) = struct.unpack_from(order + ("Q" if big else "I"), head, 8 if big else 4)
        while at and at not in seen and len(found) < _MOST:
            seen.add(at)
            tags, following = _read(stream, at, order, big)
            found.append(_Directory(tags, len(found)))
            inner += tags.get(_INNER, ())
            at = following
    except (struct.error, OverflowError, OSError):
        pass  # cut short: decoding decides
    while inner and len(found) < 2 * _MOST:
        at = inner.pop(0)
        if at in seen:
            continue
        seen.add(at)
        try:
            tags, _ = _read(stream, at, order, big)
        except (struct.error, OverflowError, OSError):
            continue
        found.append(_Directory(tags, None))
        inner += tags.get(_INNER, ())
    return found


def _read(
    stream: BinaryIO, at: int, order: str, big: bool
) -> tuple[dict[int, tuple[int, ...]], int]:
    """The integers of a directory by their tags, and where the next directory is."""
    count_of, entry_of, link_of = (
        struct.Struct(order + kinds)
        for kinds in (("Q", "HHQ8s", "Q") if big else ("H", "HHI4s", "I"))
    )
    stream.seek(at)
    (count,) = count_of.unpack(stream.read(count_of.size))
    table = stream.read(entry_of.size * min(count, 4096))
    link = stream.read(link_of.size)
    tags = {}
    for offset in range(0, len(table) - entry_of.size + 1, entry_of.size):
        tag, kind, number, value = entry_of.unpack_from(table, offset)
        if tag not in (_KIND, _OLD_KIND, _WIDTH, _HEIGHT, _COLOURS, _INNER, _DNG):
            continue
        if kind not in _SIZES or not number:
            continue
        layout = struct.Struct(f"{order}{min(number, _MOST)}{_SIZES[kind]}")
        if layout.size > len(value):
            stream.seek(link_of.unpack(value)[0])
            value = stream.read(layout.size)
        tags[tag] = layout.unpack_from(value)
    return tags, link_of.unpack(link)[0] if len(link) == link_of.size else 0
