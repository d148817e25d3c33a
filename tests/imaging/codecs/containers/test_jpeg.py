"""JPEG: markers are walked, not counted; what no decoder needs does not cost the picture."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from styler.errors import ImageError
from styler.imaging import dimensions, read
from tests.imaging import corpus
from tests.networks import picture

MANY_SCANS = b"\xff\xda" * 20_000


def saved(mode="RGB", **options):
    out = io.BytesIO()
    Image.fromarray(picture(75, 97)).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def segment(marker, data):
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


BEHIND = {
    "a video": b"MotionPhoto_Data\0\0\0\x18ftypmp42" + np.random.default_rng(0).bytes(4_000_000),
    "markers of scans": MANY_SCANS,
    "a second picture": saved() * 3,
}


@pytest.mark.parametrize("trailer", BEHIND.values(), ids=BEHIND)
def test_what_follows_the_end_marker_is_no_matter(trailer):
    data = saved()
    found = read(data + trailer)
    np.testing.assert_array_equal(found.rgb, read(data).rgb)
    assert not found.metadata.notes and dimensions(data + trailer) == (97, 75)


SEGMENTS = {
    "thermal data": segment(0xE1, b"FLIR\0" + MANY_SCANS) * 200,
    "an empty JFIF": segment(0xE0, b"JFIF\0"),
    "an empty Adobe": segment(0xEE, b"Adobe"),
    "EXIF of nothing": segment(0xE1, b"Exif\0\0"),
    "a resource cut short": segment(0xED, b"Photoshop 3.0\08BIM\3\xed"),
    "a reserved marker": segment(0xF0, b"?"),
    "a comment": segment(0xFE, MANY_SCANS),
}


@pytest.mark.parametrize("extra", SEGMENTS.values(), ids=SEGMENTS)
def test_segments_never_cost_the_picture(extra):
    data = saved()
    for at in (2, 20):
        np.testing.assert_array_equal(read(data[:at] + extra + data[at:]).rgb, read(data).rgb)


@pytest.mark.parametrize(
    "piece", [b"", b"\1", b"\1\2half", b"\0\0", b"\1\1no profile"], ids=lambda p: p.hex() or "empty"
)
def test_a_damaged_profile_is_left_out_and_said(piece):
    data = saved()
    found = read(data[:2] + segment(0xE2, b"ICC_PROFILE\0" + piece) + data[2:])
    np.testing.assert_array_equal(found.rgb, read(data).rgb)
    assert found.metadata.notes == ("its colour profile is left out (damaged or unusable)",)


def test_pieces_of_a_profile_are_taken_in_their_order():
    p3, data = corpus.ALL["p3"].data, saved()
    half = len(p3) // 2
    pieces = [
        segment(0xE2, b"ICC_PROFILE\0" + bytes((n, 2)) + part)
        for n, part in ((2, p3[half:]), (1, p3[:half]))
    ]
    found = read(data[:2] + b"".join(pieces) + data[2:])
    assert found.metadata.profile and not found.metadata.notes


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}], ids=str
)
def test_of_a_file_that_ends_early_all_pixels_are_there_or_it_is_refused(mode, options):
    data = saved(mode, **options)
    whole = read(data)
    for cut in range(1, 200):
        try:
            found = read(data[:-cut])
        except ImageError as error:
            assert cut > 2 and "damaged or incomplete" in str(error)
        else:
            np.testing.assert_array_equal(found.rgb, whole.rgb)
            assert found.metadata.notes == ("its end is missing",)


@pytest.mark.parametrize("count", [1, 1 << 20])
def test_zeros_in_place_of_the_end_are_no_matter(count):
    data = saved()
    found = read(data[:-2] + bytes(count))
    np.testing.assert_array_equal(found.rgb, read(data).rgb)


def test_endless_segments_are_refused():
    data = saved()
    with pytest.raises(ImageError, match=r"photo\.jpg: over 20000 JPEG segments; save it anew"):
        read(data[:2] + segment(0xFE, b"") * 20_001 + data[2:], name="photo.jpg")
