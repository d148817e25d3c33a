"""Whatever is handed over, one line says what it is and what to do about it."""

import io
import struct
import threading
import warnings
import zlib
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from styler.errors import ImageError, ParameterError, TooLargeError
from styler.imaging import (
    MAX_PIXELS,
    arrays,
    dimensions,
    encode,
    fit,
    from_pil,
    read,
    resize,
    scratch,
    sniff,
)
from styler.imaging.picture import Picture
from tests.imaging.corpus import png_chunk, tiff


def saved(format, size=(8, 6), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size).save(out, format, **options)
    return out.getvalue()


def png_of(width, height, body=b""):
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(body))


def gif_of(width, height):
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0)
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return screen + frame + b"\x02\x02\x4c\x01\x00;"


def measured(source, **options):
    """The same error from the header alone."""
    with pytest.raises(ImageError) as caught:
        dimensions(source, **options)
    return str(caught.value)


def refused(source, kind=ImageError, **options):
    with pytest.raises(kind) as caught:
        read(source, **options)
    message = str(caught.value)
    assert len(message.splitlines()) == 1 and message.isprintable()
    return message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"hello", "text file"),
        (b"<!DOCTYPE html><title>404</title>", "web page"),
        (b"%PDF-1.7", "PDF"),
        (b"<svg xmlns=''/>", "SVG"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video"),
        (b"P6\n2 2\n255\n" + bytes(12), "Netpbm"),
        (b"P2 2 2 15 1 2 3 4", "Netpbm"),
        (b"P.S. a letter", "text file"),
        (b"SIMPLE  =                    T", "FITS"),
        (b"/* XPM */ static char *a[]", "X pixmap"),
        (b"\0\0\1\0\1\0\20\20", "icon"),
        (b"\xff\x4f\xff\x51\0\x2f", "JPEG 2000"),
        (bytes(64), "no picture format"),
        (b"\x89PNG\r\n\x1a\n", "damaged"),
    ],
)
def test_what_is_no_picture_is_named(data, words):
    assert words in refused(data)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"])
def test_every_cut_is_refused_or_read_whole(format):
    noise = Image.effect_noise((64, 48), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, format)
    data = out.getvalue()
    refused(data[: len(data) // 2])
    refused(data[: len(data) // 8])
    assert read(data).rgb.shape == (48, 64, 3)


def test_the_content_decides_not_the_name(tmp_path):
    path = tmp_path / "really-a-jpeg.png"
    path.write_bytes(saved("JPEG"))
    assert read(path).metadata.format == "jpeg"
    path.write_text("not a picture")
    assert "really-a-jpeg.png: a text file" in refused(path)
    assert measured(path) == refused(path)


def test_formats_off_the_list_are_refused_even_where_pillow_reads_them():
    for format, mode in (("PPM", "RGB"), ("TGA", "RGB"), ("EPS", "RGB"), ("ICO", "RGB")):
        refused(saved(format, mode=mode, size=(16, 16)))


def test_polyglots_are_only_ever_what_their_first_bytes_say():
    """One decoder gets the file; a second format behind it is neither tried nor carried over."""
    for behind in (b"PK\x03\x04evil.zip", b"<script>alert(1)</script>", saved("PNG")):
        data = saved("JPEG") + behind
        picture = read(data)
        assert picture.metadata.format == "jpeg"
        assert behind not in encode(picture, "jpeg")
    refused(b"GIF89a" + saved("PNG")[6:])  # a PNG under a GIF's name
    refused(b"\xff\xd8\xff" + saved("PNG"))


@pytest.mark.parametrize(
    "data",
    [
        png_of(100_000, 100_000),
        gif_of(65_535, 65_535),
        tiff((200_000, 200_000), 2, [8, 8, 8], b""),
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 50_000, 50_000, 1, 24, *[0] * 6),
        b"RIFF\x1a\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0" + b"\xff\x3f\0" * 2,
        b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\1\x11\0\2\x11\0\3\x11\0\xff\xda\0\x02",
    ],
    ids=["png", "gif", "tiff", "bmp", "webp", "jpeg"],
)
def test_bombs_are_refused_by_their_header(data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        message = refused(data, TooLargeError)
    assert "megapixels" in message and "limit" in message
    assert measured(data) == message


def test_the_cap_is_ours_not_pillows(monkeypatch):
    data = png_of(300, 200, b"\0" * 200 * 901)
    data += png_chunk(b"IEND", b"")
    refused(data, TooLargeError, max_pixels=59_999)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # Pillow alone would raise or warn
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(data, max_pixels=60_000).rgb.shape == (200, 300, 3)
        for format in ("JPEG", "BMP", "TIFF", "GIF", "AVIF"):
            assert read(saved(format)).width == 8
    assert Image.MAX_IMAGE_PIXELS == 10


def test_zero_sizes_are_refused():
    refused(png_of(0, 10))
    refused(tiff((0, 5), 2, [8, 8, 8], b""))
    refused(b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 0, 0, 1, 24, *[0] * 6))


def test_bytes_and_frames_are_capped(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(saved("PNG"))
    assert "bytes" in refused(path, TooLargeError, max_bytes=50)
    assert "bytes" in refused(io.BytesIO(saved("PNG")), TooLargeError, max_bytes=50)
    frames = [Image.new("RGB", (4, 4), (40 * i, 0, 0)) for i in range(5)]
    for format in ("GIF", "PNG", "WEBP", "AVIF", "TIFF"):
        out = io.BytesIO()
        frames[0].save(out, format, save_all=True, append_images=frames[1:])
        picture = read(out.getvalue())
        assert picture.metadata.frames == 5
        assert abs(int(picture.rgb[0, 0, 0])) <= 3  # the first
        last = read(out.getvalue(), frame=4)
        assert abs(int(last.rgb[0, 0, 0]) - 160) <= 8
        refused(out.getvalue(), TooLargeError, max_frames=4)
        refused(out.getvalue(), ParameterError, frame=5)


def test_a_jpeg_of_endless_scans_is_refused():
    data = saved("JPEG", progressive=True)
    start = data.index(b"\xff\xda")
    scan = data[start : data.index(b"\xff", start + 14)]
    assert "scans" in refused(data[:start] + scan * 200 + data[start:])


def test_sources_that_are_no_files(tmp_path):
    assert "check the path" in refused(tmp_path / "missing.jpg")
    assert "check the path" in refused(tmp_path)
    refused("nul\0byte.png")
    refused("/dev/zero")  # endless: its first bytes decide
    assert "?" in refused(b"", name="two\nlines.png")
    assert len(refused(b"", name="x" * 5000)) < 300


class Pipe(io.RawIOBase):
    """A stream that cannot seek, like standard input."""

    def __init__(self, data):
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def read(self, size=-1):
        return self.data.read(size if size < 100 else 100)  # less than asked for, as pipes do


def test_streams_are_read_to_their_end_and_left_open():
    data = saved("PNG", size=(300, 200))
    np.testing.assert_array_equal(read(Pipe(data)).rgb, read(data).rgb)
    stream = io.BytesIO(data)
    read(stream)
    assert not stream.closed


def test_bad_arguments_are_named():
    for options in ({"bits": 12}, {"frame": -1}, {"frame": 5000}):
        refused(saved("PNG"), ParameterError, **options)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_metadata_does_not_cost_the_picture():
    exif = b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20)
    picture = read(saved("JPEG", exif=exif, icc_profile=b"no profile at all" * 20))
    assert picture.metadata.exif is None and picture.metadata.profile is None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tag", [34665, 34853])
def test_directories_of_a_tiff_that_cannot_be_read_are_said(tag):
    samples = bytes(8 * 6 * 3)
    lost = read(tiff((8, 6), 2, [8] * 3, samples, **{f"t{tag}": 60_000})).metadata
    assert lost.notes == ("its EXIF data are left out (damaged)",)
    assert not read(tiff((8, 6), 2, [8] * 3, samples)).metadata.notes


def test_what_is_of_another_kind_is_not_called_damaged():
    grey_and_alpha = tiff((8, 6), 1, [16] * 2, bytes(8 * 6 * 4), t338=2)
    told = refused(grey_and_alpha, ImageError)
    assert "a kind of picture that is not read here (unknown pixel mode)" in str(told)
    assert "damaged" not in str(told) and "save it as PNG" in str(told)


def test_many_threads_read_the_same():
    data = [encode(Picture(np.full((40, 50, 3), i, np.uint8)), "png") for i in range(8)]
    wrong = []

    def work(i):
        for _ in range(20):
            if (read(data[i]).rgb != i).any():
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_sniff_tells_formats_by_their_first_bytes():
    for format in ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "GIF"):
        assert sniff(saved(format)[:32]).name == format.lower()
    assert sniff(b"") is None
    assert MAX_PIXELS == 178_000_000


def bmp32(alpha, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000)):
    """A BMP of 32 bits a pixel that declares alpha."""
    pixels = np.full((6, 8, 4), 77, np.uint8)
    pixels[..., 3] = alpha
    header = struct.pack("<IiiHHIIiiII", 108, 8, 6, 1, 32, 3, pixels.size, 0, 0, 0, 0)
    header += struct.pack("<4I", *masks) + b"BGRs" + bytes(48)
    return struct.pack("<2sIII", b"BM", 122 + pixels.size, 0, 122) + header + pixels.tobytes()


def test_alpha_that_nothing_was_written_to_is_none():
    samples = np.full((6, 8, 4), 77, np.uint8)
    samples[..., 3] = 0
    files = [bmp32(0), tiff((8, 6), 2, [8] * 4, samples.tobytes())]
    files.append(tiff((8, 6), 2, [16] * 4, samples.astype("<u2").tobytes()))
    for data in files:
        assert read(data).alpha is None
        assert from_pil(Image.open(io.BytesIO(data))).alpha is None
    assert (read(bmp32(9)).alpha == 9).all()
    for kind in (1, 2):  # declared, and all of it transparent
        assert not read(tiff((8, 6), 2, [8] * 4, samples.tobytes(), t338=kind)).alpha.any()
    assert read(tiff((8, 6), 2, [8] * 4, samples.tobytes(), t338=0)).alpha is None
    assert not read(saved("PNG", mode="RGBA")).alpha.any()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 70),
    st.integers(2, 70),
    st.integers(1, 60),
    st.sampled_from(["L", "RGB", "CMYK", "RGBA", "P", "I;16"]),
    st.sampled_from([1, 3, 6]),
)
def test_what_is_enough_is_what_resizing_makes_of_it(
    width: int, height: int, enough: int, mode: str, turn: int
) -> None:
    rng = np.random.default_rng(width + height)
    levels = rng.integers(0, 256, (height, width), np.uint8)
    image = Image.fromarray(levels * np.uint16(257) if mode == "I;16" else levels)
    image = image if mode == "I;16" else image.convert(mode)
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x0112] = turn
    image.save(out, "TIFF" if mode in ("CMYK", "I;16") else "PNG", exif=exif)
    data = out.getvalue()

    def small(picture: Picture) -> np.ndarray:
        target = fit(picture.width, picture.height, short_side=enough)
        return resize(picture.filled(), size=target)

    with patch.object(arrays, "_LARGE", 1), patch.object(scratch, "_PIXELS", 50):
        found, whole = read(data, bits=None, enough=enough), read(data, bits=None)
        assert np.array_equal(small(found), small(whole))
        assert (found.alpha is None) == (whole.alpha is None)
        assert found.metadata == whole.metadata
        plain = mode in ("L", "RGB") and turn == 1 and 4 * height <= 7 * width
        if plain and enough < min(width, height):
            target = fit(width, height, short_side=enough)
            made_smaller = target[0] < width and target[1] < height
            assert ((found.width, found.height) == target) == made_smaller
