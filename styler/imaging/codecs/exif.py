"""EXIF kept byte for byte, with only what the new pixels make untrue corrected in place.

Writing a parsed block anew would move the makers' notes, whose offsets then point nowhere; so the
few values at stake are patched where they stand (EXIF 2.32, TIFF 6.0 section 2).
"""

from __future__ import annotations

import struct
from typing import Any

from numpy.typing import NDArray

_HEADER = b"Exif\0\0"
_ORIENTATION, _EXIF_IFD, _COLOUR_SPACE, _WIDTH, _HEIGHT = 0x0112, 0x8769, 0xA001, 0xA002, 0xA003
_GPS_IFD = 0x8825
_DESCRIBING = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_SHORT, _LONG = 3, 4


def corrected(exif: bytes, size: tuple[int, int]) -> bytes | None:
    """The block (TIFF bytes, with or without the ``Exif`` header) for upright sRGB pixels.

    Orientation becomes 1, the colour space sRGB, the pixel dimensions ``size`` (width, height),
    and the thumbnail, which shows the picture as it was, is unlinked. ``None`` if it is damaged.
    """
    body = bytearray(exif.removeprefix(_HEADER))
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(body[:4]))
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", body, 4)
        first, end = _entries(body, order, start)
        if _ORIENTATION in first:
            _put(body, order, first[_ORIENTATION], 1)
        _erase_thumbnail(body, order, end)
        if _EXIF_IFD in first:
            (inner,) = struct.unpack_from(f"{order}I", body, first[_EXIF_IFD] + 8)
            second, _ = _entries(body, order, inner)
            for tag, value in ((_COLOUR_SPACE, 1), (_WIDTH, size[0]), (_HEIGHT, size[1])):
                if tag in second:
                    _put(body, order, second[tag], value)
    except struct.error:
        return None
    return bytes(body)


def _entries(body: bytearray, order: str, start: int) -> tuple[dict[int, int], int]:
    """Tag -> offset of its 12-byte entry, and the offset of the link to the next directory."""
    (count,) = struct.unpack_from(f"{order}H", body, start)
    end = start + 2 + 12 * count
    struct.unpack_from(f"{order}I", body, end)  # the link must be there
    offsets = range(start + 2, end, 12)
    return {struct.unpack_from(f"{order}H", body, at)[0]: at for at in offsets}, end


def _put(body: bytearray, order: str, at: int, value: int) -> None:
    kind, count = struct.unpack_from(f"{order}HI", body, at + 2)
    if count == 1 and kind == _SHORT and value < 1 << 16:
        struct.pack_into(f"{order}H", body, at + 8, value)
    elif count == 1 and kind == _LONG:
        struct.pack_into(f"{order}I", body, at + 8, value)


def _erase_thumbnail(body: bytearray, order: str, link: int) -> None:
    """Unlink the second directory and blank the JPEG it points to."""
    (start,) = struct.unpack_from(f"{order}I", body, link)
    struct.pack_into(f"{order}I", body, link, 0)
    if not start:
        return
    try:
        entries, _ = _entries(body, order, start)
        if 0x0201 in entries and 0x0202 in entries:
            (at,) = struct.unpack_from(f"{order}I", body, entries[0x0201] + 8)
            (length,) = struct.unpack_from(f"{order}I", body, entries[0x0202] + 8)
            if body[at : at + 2] == b"\xff\xd8":
                length = min(length, len(body) - at)
                body[at : at + length] = bytes(length)
    except struct.error:
        return  # a damaged second directory: unlinked is enough


def as_stored(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """A view of upright (H, W[, C]) pixels that has them where the file has, for them to be filled.

    Orientation 1 to 4 keep the sides, 5 to 8 swap them (EXIF 2.32, tag 0x0112); others change
    nothing.
    """
    if orientation in (3, 4, 7, 8):
        upright = upright[::-1]
    if orientation in (2, 3, 6, 7):
        upright = upright[:, ::-1]
    return upright.swapaxes(0, 1) if orientation in (5, 6, 7, 8) else upright


def describing(block: bytes) -> dict[int, Any]:
    """The tags of a block that describe the picture, not its file, for a TIFF's own directory:
    maker, dates, artist, rights, and the EXIF and GPS directories as dictionaries.
    """
    from PIL import Image

    parsed = Image.Exif()
    parsed.load(block)
    return _described(parsed)


def rewritable(block: bytes) -> bool:
    """Whether Pillow can write a block anew, as its AVIF encoder does where the others copy it."""
    from PIL import Image

    parsed = Image.Exif()
    try:
        parsed.load(block)
        parsed.tobytes()
    except Exception:  # whatever a camera wrote that cannot be written again
        return False
    return True


def of_tiff(image: Any) -> bytes | None:
    """The same tags of an opened TIFF as a block of their own; ``None`` if there are none."""
    from PIL import Image

    tags = _described(image.getexif())
    if not tags:
        return None
    fresh = Image.Exif()
    for tag, value in tags.items():
        fresh[tag] = value
    return fresh.tobytes().removeprefix(_HEADER)


def is_whole(image: Any) -> bool:
    """Whether the EXIF and GPS directories that an opened TIFF names can be read."""
    named = (tag for tag in (_EXIF_IFD, _GPS_IFD) if tag in image.tag_v2)
    try:
        return all(image.getexif().get_ifd(tag) for tag in named)
    except Exception:
        return False


def _described(parsed: Any) -> dict[int, Any]:
    tags = {tag: parsed[tag] for tag in _DESCRIBING if tag in parsed}
    for directory in (_EXIF_IFD, _GPS_IFD):
        if inner := parsed.get_ifd(directory):
            tags[directory] = dict(inner)
    return tags
