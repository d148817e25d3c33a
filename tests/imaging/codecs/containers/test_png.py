"""PNG: whatever stands beside the pixels, they are read; what is left out is said."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from styler.errors import ImageError
from styler.imaging import dimensions, read
from tests.imaging import corpus
from tests.imaging.corpus import png_chunk
from tests.networks import picture


@pytest.fixture(scope="module")
def png():
    out = io.BytesIO()
    Image.fromarray(picture(30, 40)).save(out, "PNG")
    return out.getvalue()


def broken(kind, data):
    return png_chunk(kind, data)[:-1] + b"?"


LARGE = zlib.compress(b"{'node': 1}, " * 100_000)
WRONG = {
    "large text": png_chunk(b"tEXt", b"workflow\0" + bytes(1 << 21)),
    "large packed text": png_chunk(b"zTXt", b"workflow\0\0" + LARGE),
    "large international text": png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + LARGE),
    "text in many chunks": png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(90_000))) * 800,
    "text packed wrongly": png_chunk(b"zTXt", b"k\0\0no zlib stream"),
    "text packed by another method": png_chunk(b"zTXt", b"k\0\7" + LARGE),
    "text without a key": png_chunk(b"tEXt", b"\0text"),
    "international text cut short": png_chunk(b"iTXt", b"k\0\1\0en"),
    "a large profile of zeros": png_chunk(b"iCCP", b"big\0\0" + zlib.compress(bytes(3_000_000))),
    "a profile packed wrongly": png_chunk(b"iCCP", b"x\0\0no zlib stream"),
    "a profile by another method": png_chunk(b"iCCP", b"x\0\1" + LARGE),
    "an empty profile": png_chunk(b"iCCP", b""),
    "gamma cut short": png_chunk(b"gAMA", b"\0"),
    "colours of primaries cut short": png_chunk(b"cHRM", bytes(31)),
    "size of pixels cut short": png_chunk(b"pHYs", bytes(8)),
    "intent cut short": png_chunk(b"sRGB", b""),
    "transparency cut short": png_chunk(b"tRNS", bytes(4)),
    "transparency of too many colours": png_chunk(b"tRNS", bytes(300)),
    "EXIF that are none": png_chunk(b"eXIf", b"camera"),
    "an animation of no frames": png_chunk(b"acTL", bytes(8)),
    "an animation of fewer frames than announced": png_chunk(b"acTL", struct.pack(">II", 2, 0))
    + png_chunk(b"fcTL", struct.pack(">5IHHBB", 0, 40, 30, 0, 0, 1, 10, 0, 0)),
    "an animation cut short": png_chunk(b"acTL", b"\0\0"),
    "a frame outside the picture": png_chunk(b"acTL", struct.pack(">II", 1, 0))
    + png_chunk(b"fcTL", struct.pack(">5IHHBB", 0, 40, 30, 1, 0, 1, 10, 0, 0)),
    **{f"checksum of {kind.decode()}": broken(kind, data) for kind, data in (
        (b"tEXt", b"k\0text"), (b"iCCP", b"x\0\0" + zlib.compress(corpus.ALL["p3"].data)),
        (b"gAMA", bytes(4)), (b"pHYs", bytes(9)), (b"cHRM", bytes(32)), (b"eXIf", b"II*\0"),
        (b"tRNS", bytes(6)), (b"prVt", b"anything"), (b"acTL", struct.pack(">II", 1, 0)),
    )},
}  # fmt: skip


@pytest.mark.parametrize("chunks", WRONG.values(), ids=WRONG)
def test_metadata_never_cost_the_picture(png, chunks):
    for data in (png[:33] + chunks + png[33:], png[:-12] + chunks + png[-12:]):
        found = read(data)
        np.testing.assert_array_equal(found.rgb, picture(30, 40))
        assert found.alpha is None and found.metadata.notes, "and it is said"
        assert dimensions(data) == (40, 30)


def test_what_is_sound_is_kept_beside_what_is_not(png):
    p3 = corpus.ALL["p3"].data
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    chunks = (
        png_chunk(b"iCCP", b"x\0\0" + zlib.compress(p3)),
        png_chunk(b"zTXt", b"workflow\0\0" + LARGE),
        png_chunk(b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        png_chunk(b"eXIf", exif.tobytes()[6:]),
    )
    found = read(png[:33] + b"".join(chunks) + png[33:])
    assert found.rgb.shape == (40, 30, 3) and b"Maker" in found.metadata.exif
    assert found.metadata.profile and found.metadata.dpi == pytest.approx((300, 300), 0.01)
    assert found.metadata.notes == ("metadata are left out (too large)",)


def test_a_profile_of_three_megabytes_is_applied(png):
    p3 = corpus.ALL["p3"].data
    size = struct.pack(">I", len(p3) + 3_000_000)
    large = png_chunk(b"iCCP", b"x\0\0" + zlib.compress(size + p3[4:] + bytes(3_000_000)))
    small = png_chunk(b"iCCP", b"x\0\0" + zlib.compress(p3))
    found, expected = (read(png[:33] + chunk + png[33:]) for chunk in (large, small))
    assert found.metadata.profile and not found.metadata.notes
    np.testing.assert_array_equal(found.rgb, expected.rgb)


def test_a_proposed_palette_is_no_matter(png):
    for chunk in (broken(b"PLTE", bytes(3)), png_chunk(b"PLTE", b"odd.")):
        found = read(png[:33] + chunk + png[33:])
        np.testing.assert_array_equal(found.rgb, picture(30, 40))


def test_transparency_of_more_colours_than_there_are():
    out = io.BytesIO()
    Image.fromarray(picture(30, 40)).quantize(16).save(out, "PNG")
    data = out.getvalue()
    at = data.index(b"IDAT") - 4
    found = read(data[:at] + png_chunk(b"tRNS", bytes(300)) + data[at:])
    assert not found.alpha.any()


def test_an_animation_of_more_frames_than_announced_is_left_out_and_said():
    out = io.BytesIO()
    first, *others = (Image.fromarray(picture(30, 40, seed)) for seed in range(3))
    first.save(out, "PNG", save_all=True, append_images=others)
    data = out.getvalue()
    assert read(data).metadata.frames == 3
    less = png_chunk(b"acTL", struct.pack(">II", 2, 0))
    found = read(data.replace(png_chunk(b"acTL", struct.pack(">II", 3, 0)), less))
    assert found.metadata.frames == 1
    assert found.metadata.notes == ("its animation is left out (damaged)",)


def test_sound_text_is_no_matter(png):
    assert not read(png[:33] + png_chunk(b"tEXt", b"Software\0GIMP") + png[33:]).metadata.notes


def test_an_end_that_is_missing_is_said_and_missing_pixels_are_refused(png):
    for cut in range(1, 17):
        found = read(png[:-cut])
        np.testing.assert_array_equal(found.rgb, picture(30, 40))
        assert found.metadata.notes == ("its end is missing",)
    for more in (b"IDAT", b"IDAT" + bytes(9)):  # cut short in a chunk that holds nothing new
        found = read(png[:-12] + struct.pack(">I", 30_000) + more)
        np.testing.assert_array_equal(found.rgb, picture(30, 40))
        assert found.metadata.notes == ("its end is missing",)
    for cut in (60, 400):
        with pytest.raises(ImageError, match="damaged or incomplete"):
            read(png[:-cut])


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_transparent_colour_is_found_at_every_depth(depth, channels):
    if channels == 3 and depth < 8:
        return
    values = np.arange(8 * channels).reshape(1, 8, channels) * 7 % (1 << depth)
    key = values[0, 3]
    bits = [[v >> b & 1 for b in reversed(range(depth))] for v in values.ravel()]
    row = b"\0" + np.packbits(np.ravel(bits)).tobytes()
    stray = 0 if depth == 16 else 1 << depth  # a bit that does not count
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        png_chunk(*chunk)
        for chunk in (
            (b"IHDR", struct.pack(">IIBBBBB", 8, 1, depth, {1: 0, 3: 2}[channels], 0, 0, 0)),
            (b"tRNS", struct.pack(f">{channels}H", *(int(k) | stray for k in key))),
            (b"IDAT", zlib.compress(row)),
            (b"IEND", b""),
        )
    )
    for wanted in (8, 16):
        found = read(data, bits=wanted)
        white = np.iinfo(found.rgb.dtype).max
        np.testing.assert_array_equal(found.alpha > 0, (values != key).any(-1))
        off = found.rgb / white - np.broadcast_to(values / ((1 << depth) - 1), (1, 8, 3))
        assert np.abs(off).max() <= 0.5 / 255
