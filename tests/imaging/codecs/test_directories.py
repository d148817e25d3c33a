"""TIFF: a picture is never painted as its thumbnail."""

import struct
from itertools import pairwise

import numpy as np
import pytest

from styler.errors import ImageError
from styler.imaging import dimensions, read

WORDS = {2: "H", 3: "H", 4: "I", 1: "B"}


def directories(*pages, order="<", inner=(), link=True):
    """A TIFF of 8-bit RGB pages of (width, height, tags), and of sub-directories of the first."""
    data = {"<": b"II*\0", ">": b"MM\0*"}[order] + bytes(4)
    places = []
    for number, (width, height, tags) in enumerate((*reversed(inner), *pages)):
        first = number == len(inner)
        strip = len(data)
        data += bytes([100 + number]) * (width * height * 3)
        bits = len(data)
        data += struct.pack(order + "3H", 8, 8, 8)
        fields = {
            256: (4, width), 257: (4, height), 258: (3, bits), 259: (3, 1), 262: (3, 2),
            273: (4, strip), 277: (3, 3), 278: (4, height), 279: (4, width * height * 3),
        } | {tag: (3 if value < 65536 else 4, value) for tag, value in tags.items()}  # fmt: skip
        if first and inner:
            fields[330] = (4, places[0])
        place = len(data)
        places.append(place)
        data += struct.pack(order + "H", len(fields))
        for tag, (kind, value) in sorted(fields.items()):
            if tag == 258:
                data += struct.pack(order + "HHII", tag, 3, 3, value)
            else:
                value = struct.pack(order + WORDS[kind], value).ljust(4, b"\0")
                data += struct.pack(order + "HHI", tag, kind, 1) + value
        data += bytes(4)
    data = bytearray(data)
    chain = places[len(inner) :]
    struct.pack_into(order + "I", data, 4, chain[0])
    for here, following in pairwise(chain):
        (count,) = struct.unpack_from(order + "H", data, here)
        struct.pack_into(order + "I", data, here + 2 + 12 * count, following)
    return bytes(data)


def refused(data, **options):
    with pytest.raises(ImageError) as caught:
        read(data, name="a.tif", **options)
    with pytest.raises(ImageError) as measured:
        dimensions(data, name="a.tif", **options)
    assert str(measured.value) == str(caught.value)
    return str(caught.value)


THUMBNAIL = (16, 12, {254: 1})
RAW = {
    "sensor data in a sub-directory": {"inner": [(120, 90, {262: 32803})]},
    "linear data in a sub-directory": {"inner": [(120, 90, {262: 34892})]},
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", RAW.values(), ids=RAW)
def test_raw_files_are_refused_by_name(layout, order):
    data = directories(THUMBNAIL, order=order, **layout)
    remedy = "develop it first and take the TIFF or JPEG"
    assert refused(data) == f"a.tif: a camera's raw file; {remedy}"
    assert "raw file" in refused(data, frame=0)
    assert "raw file (DNG)" in refused(directories((16, 12, {50706: 0x0401}), order=order))
    assert "raw file" in refused(directories((16, 12, {}), (120, 90, {262: 32803}), order=order))


@pytest.mark.parametrize(
    "head",
    [b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIRS", b"MMOR", b"IIU\0", b"\0MRM", b"FOVb",
     b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"],
)  # fmt: skip
def test_raw_files_of_other_kinds_are_named_too(head):
    assert "a camera's raw file; develop it first" in refused(head + bytes(100))


def test_a_raw_file_of_canon_is_named():
    data = directories((16, 12, {}))
    moved = data[:8] + b"CR\2\0" + data[12:]
    assert "raw file (CR2)" in refused(moved)


def test_a_reduced_first_page_is_refused_with_the_page_that_is_whole():
    data = directories(THUMBNAIL, (40, 30, {}))
    assert refused(data) == (
        "a.tif: its first page is a reduced copy of the picture of 40x30; ask for page 2"
    )
    assert read(data, frame=1).rgb.shape == (30, 40, 3) and dimensions(data, frame=1) == (40, 30)
    assert read(data, frame=0).rgb.shape == (12, 16, 3), "which was asked for"
    assert "reduced" in refused(directories((16, 12, {255: 2}), (40, 30, {255: 1})))
    inside = refused(directories(THUMBNAIL, inner=[(40, 30, {})]))
    assert inside.endswith("of 40x30; save that as a file of its own")


def test_what_is_whole_is_read():
    for data in (
        directories(THUMBNAIL),  # nothing larger
        directories((40, 30, {}), THUMBNAIL),
        directories((40, 30, {}), inner=[THUMBNAIL]),
        directories((16, 12, {}), (40, 30, {})),  # pages of their own
    ):
        found = read(data)
        assert (found.width, found.height) == dimensions(data)
        assert np.ptp(found.rgb) == 0
