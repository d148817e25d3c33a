"""Every format, mode, orientation, profile and odd size reads to the right colours, upright."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image, ImageOps

from styler.imaging import dimensions, encode, from_pil, read
from tests.imaging import corpus, profiles


def turned(values, orientation):
    """Pillow's own idea of an EXIF orientation, channel by channel."""
    if values.ndim == 3:
        return np.stack([turned(v, orientation) for v in np.moveaxis(values, -1, 0)], -1)
    image = Image.fromarray(values.astype(np.float32))
    image.getexif()[0x0112] = orientation
    return np.asarray(ImageOps.exif_transpose(image), np.float64)


def differences(picture, reference, alpha):
    """Largest distance in 8-bit levels of colours, where there is any, and of alpha."""
    white = np.iinfo(picture.rgb.dtype).max
    off = np.abs(picture.rgb * (255 / white) - 255 * reference)
    if alpha is None:
        return off.max(), 0.0 if picture.alpha is None else 255.0
    seen = np.ones(alpha.shape) if picture.alpha is None else picture.alpha / white
    judged = ~np.isnan(alpha) & (alpha > 0)
    return (
        off[judged].max(initial=0),
        np.abs(seen - alpha)[~np.isnan(alpha)].max(initial=0) * 255,
    )


LOSSLESS = {"png": {}, "tiff": {}, "bmp": {}, "webp": {"lossless": True}}


@pytest.mark.parametrize("case", corpus.CASES, ids=str)
def test_reads_within_two_levels_and_upright(case):
    turns = range(1, 9) if case.format in corpus.WITH_EXIF else (1,)
    bad = []
    for profile, size, turn in itertools.product(corpus.profiles_for(case), corpus.SIZES, turns):
        options = {}
        if profile:
            options["icc_profile"] = corpus.ALL[profile].data
        if turn > 1:
            options["exif"] = Image.Exif()
            options["exif"][0x0112] = turn
        data, reference, alpha = case.make(size, options)
        picture = read(data)
        if not (case.format == "png" and "x16" in case.mode):  # EXIF behind the pixels
            assert dimensions(data) == (picture.width, picture.height)
        expected = turned(reference, turn)
        assert picture.rgb.shape == expected.shape
        expected_alpha = None if alpha is None else turned(alpha, turn)
        off = differences(picture, expected, expected_alpha)
        if max(off) > 2:
            bad.append((profile, size, turn, off))
        same(read(encode(picture, "png")), picture)
        if case.format in LOSSLESS and (case.format != "bmp" or picture.alpha is None):
            same(read(encode(picture, case.format, **LOSSLESS[case.format])), picture)
    assert not bad


def same(back, picture):
    np.testing.assert_array_equal(back.rgb, picture.rgb)
    assert (back.alpha is None) == (picture.alpha is None)
    if back.alpha is not None:
        np.testing.assert_array_equal(back.alpha, picture.alpha)


@pytest.mark.parametrize(
    "case", [c for c in corpus.CASES if "16" in c.mode and "CMYK" not in c.mode], ids=str
)
def test_sixteen_bits_are_all_there(case):
    for profile in corpus.profiles_for(case):
        options = {"icc_profile": corpus.ALL[profile].data} if profile else {}
        data, reference, alpha = case.make((17, 33), options)
        picture = read(data, bits=16)
        tolerance = 0.01 if profile is None else 0.6  # of an 8-bit level: matrices are rounded
        assert max(differences(picture, reference, alpha)) < tolerance


def test_a_16_bit_ramp_of_linear_light_does_not_band():
    """Dark linear light at 8 bits has 13 sRGB levels between neighbours; here, none is skipped."""
    ramp = np.linspace(0, 2000, 4096).astype(">u2")
    rows = b"\0" + np.repeat(ramp[:, None], 3, 1).tobytes()
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 4096, 1, 16, 2, 0, 0, 0)
    linear = corpus.ALL["linear"].data
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        corpus.png_chunk(*c)
        for c in (
            (b"IHDR", header),
            (b"iCCP", b"x\0\0" + zlib.compress(linear)),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )
    levels = np.unique(read(data).rgb)
    assert (np.diff(levels.astype(int)) == 1).all() and levels.max() > 40


MODES = "1 L LA La P PA RGB RGBA RGBa RGBX CMYK YCbCr LAB HSV I;16 I;16L I;16B I;16N I F"


@pytest.mark.parametrize("mode", MODES.split())
def test_every_pillow_mode_is_taken(mode):
    image = Image.new("RGB", (5, 3), (200, 100, 50))
    expected = np.array([200, 100, 50])
    grey = image.convert("L").getpixel((0, 0))
    if mode == "LAB":
        image = Image.merge("LAB", [Image.new("L", (5, 3), v) for v in (140, 160, 170)])
        expected = 255 * profiles.lab_to_srgb(np.array([[[140 * 100 / 255, 32.0, 42.0]]]))[0, 0]
    elif mode.startswith("I;16"):
        values = np.full((3, 5), grey * 257, ">u2" if mode == "I;16B" else "<u2")
        image = Image.frombytes(mode, (5, 3), values.tobytes())
    elif mode in ("LA", "La", "PA"):
        image = image.convert("L" if mode != "PA" else "P").convert(mode if mode != "La" else "LA")
        image = image.convert(mode)
    elif mode == "RGBa":
        image = image.convert("RGBA").convert("RGBa")
    elif mode == "F":
        image = Image.fromarray(np.full((3, 5), grey / 255, np.float32))
    elif mode == "I":
        values = np.full((3, 5), grey, np.int32)
        values[0, 0] = 255
        image = Image.fromarray(values)
    else:
        image = image.convert(mode)
    picture = from_pil(image)
    assert picture.alpha is None
    if mode == "1":
        assert set(np.unique(picture.rgb)) <= {0, 255}
    elif mode == "P" or mode == "PA":
        np.testing.assert_allclose(picture.rgb[1, 1], image.convert("RGB").getpixel((1, 1)))
    else:
        if mode in ("L", "LA", "La", "I", "F") or mode.startswith("I;16"):
            expected = np.array([grey] * 3)
        np.testing.assert_allclose(picture.rgb[1, 1], expected, atol=2)


def test_orientation_of_a_real_jpeg_matches_what_viewers_show():
    """Orientation 6: the camera was turned right, the first stored row is the right side."""
    stored = np.zeros((16, 32, 3), np.uint8)
    stored[:8] = 255
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stored).save(out, "JPEG", quality=100, exif=exif)
    rgb = read(out.getvalue()).rgb
    assert rgb.shape == (32, 16, 3)
    assert rgb[:, 8:].min() > 250 and rgb[:, :8].max() < 5


@pytest.mark.parametrize("format", ("png", "webp", "tiff", "avif"))
def test_an_alpha_of_all_opaque_is_none(format):
    rgb = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    options = {"webp": {"lossless": True}}.get(format, {})
    plain, opaque = io.BytesIO(), io.BytesIO()
    Image.fromarray(rgb).save(plain, format, **options)
    Image.fromarray(np.dstack([rgb, np.full((9, 7), 255, np.uint8)])).save(
        opaque, format, **options
    )
    assert read(opaque.getvalue()).alpha is None
    np.testing.assert_array_equal(read(opaque.getvalue()).rgb, read(plain.getvalue()).rgb)
