"""Pictures out: what is kept, what is refused, and files that are whole or not there."""

import io
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms

from styler.errors import OutputError, ParameterError, StorageError
from styler.files import TEMPORARY_SUFFIX, write_bytes
from styler.imaging import FORMATS as FORMATS_BY_NAME
from styler.imaging import (
    Metadata,
    Picture,
    encode,
    own_format,
    read,
    scratch,
    write,
    writing,
)

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ("png", "jpeg", "webp", "avif", "tiff", "bmp", "gif")


@pytest.fixture
def picture():
    random = np.random.default_rng(1)
    rgb = random.integers(0, 256, (13, 17, 3), dtype=np.uint8)
    return Picture(rgb, random.integers(0, 256, (13, 17), dtype=np.uint8))


def camera_exif():
    """A block as cameras write it: orientation, colour space, size, maker's note, thumbnail."""
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    exif[0x9C9E] = b"secret"
    inner = exif.get_ifd(0x8769)
    inner[0xA001], inner[0xA002], inner[0xA003] = 65535, 640, 480
    inner[0x9003], inner[0x927C] = "2026:01:01 12:00:00", b"note" * 9
    thumbnail = b"\xff\xd8 a small picture of what was \xff\xd9"
    body = bytearray(exif.tobytes()[6:])
    order = "<" if body[:2] == b"II" else ">"
    import struct

    (start,) = struct.unpack_from(order + "I", body, 4)
    (count,) = struct.unpack_from(order + "H", body, start)
    at = len(body)
    struct.pack_into(order + "I", body, start + 2 + 12 * count, at)
    entries = ((0x0201, at + 30), (0x0202, len(thumbnail)))
    body += struct.pack(order + "H", 2)
    for tag, value in entries:
        body += struct.pack(order + "HHII", tag, 4, 1, value)
    body += bytes(4) + thumbnail
    return bytes(body)


sides = st.integers(1, 40)


@settings(max_examples=25, deadline=None)
@given(st.data(), sides, sides, st.sampled_from([8, 16]), st.booleans())
def test_lossless_formats_return_every_pixel(data, height, width, bits, transparent):
    dtype = {8: np.uint8, 16: np.uint16}[bits]
    rgb = data.draw(arrays(dtype, (height, width, 3)))
    alpha = data.draw(arrays(dtype, (height, width))) if transparent else None
    formats = [("png", {}), ("tiff", {})] + ([("webp", {"lossless": True})] if bits == 8 else [])
    for format, options in formats:
        back = read(encode(Picture(rgb, alpha), format, bits=bits, **options), bits=bits)
        np.testing.assert_array_equal(back.rgb, rgb)
        if alpha is not None and alpha.min() < np.iinfo(dtype).max:
            np.testing.assert_array_equal(back.alpha, alpha)
        else:
            assert back.alpha is None


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_writes_what_it_can_hold(picture, format):
    smooth = np.linspace(0, 255, 64 * 64 * 3).reshape(64, 64, 3).astype(np.uint8)
    back = read(encode(Picture(smooth), format))
    assert back.metadata.format == format and back.alpha is None
    assert np.abs(back.rgb.astype(int) - smooth).mean() < (6 if format == "gif" else 2)
    back = read(encode(picture, format))
    assert (back.alpha is not None) == (format in ("png", "webp", "avif", "tiff", "gif"))


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_picture_gives_the_same_bytes(picture, format):
    assert encode(picture, format) == encode(picture, format)


@pytest.mark.parametrize("format", ("png", "jpeg", "webp", "avif", "tiff"))
@pytest.mark.parametrize("bits", (8, 16))
def test_srgb_is_embedded_unless_not_wanted(picture, format, bits):
    if bits == 16 and format not in ("png", "tiff"):
        return
    image = Image.open(io.BytesIO(encode(picture, format, bits=bits)))
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    assert "sRGB" in ImageCms.getProfileDescription(profile)
    image = Image.open(io.BytesIO(encode(picture, format, bits=bits, profile=False)))
    assert not image.info.get("icc_profile")


@pytest.mark.parametrize("format", ("png", "jpeg", "webp", "avif", "tiff"))
@pytest.mark.parametrize("bits", (8, 16))
def test_exif_is_kept_and_made_true_or_stripped(format, bits):
    if bits == 16 and format not in ("png", "tiff"):
        return
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (9, 99, 199)).save(out, "JPEG", exif=b"Exif\0\0" + camera_exif())
    picture = read(out.getvalue())
    assert picture.rgb.shape == (64, 48, 3)
    assert b"a small picture" not in picture.metadata.exif
    data = encode(picture, format, bits=bits)
    exif = Image.open(io.BytesIO(data)).getexif()
    inner = exif.get_ifd(0x8769)
    assert exif[0x010F] == "Maker" and exif.get(0x0112, 1) == 1
    assert (inner[0xA001], inner[0xA002], inner[0xA003]) == (1, 48, 64)
    assert inner[0x9003] == "2026:01:01 12:00:00" and inner[0x927C] == b"note" * 9
    again = read(data)
    np.testing.assert_allclose(again.rgb, picture.rgb, atol=3)
    assert again.rgb.shape == (64, 48, 3)
    stripped = encode(picture, format, bits=bits, exif=False)
    assert b"Maker" not in stripped and read(stripped).metadata.exif is None


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "avif", "tiff"])
def test_exif_that_cannot_be_written_anew_does_not_stop_the_picture(format):
    width = struct.pack("<HHI4s", 0x0100, 2, 4, b"abc\0")  # text, where a number must be
    orientation = struct.pack("<HHIHH", 0x0112, 3, 1, 1, 0)
    block = b"II*\0" + struct.pack("<IH", 8, 2) + width + orientation + bytes(4)
    picture = Picture(np.zeros((4, 4, 3), np.uint8), None, Metadata(exif=block))
    assert read(encode(picture, format)).rgb.shape == (4, 4, 3)


def test_exif_too_long_for_a_jpeg_is_left_out():
    picture = Picture(np.zeros((4, 4, 3), np.uint8), None, Metadata(exif=b"II*\0" + bytes(70_000)))
    assert read(encode(picture, "jpeg")).metadata.exif is None


@pytest.mark.parametrize("format", ("png", "jpeg", "tiff"))
@pytest.mark.parametrize("bits", (8, 16))
def test_resolution_is_kept(format, bits):
    if bits == 16 and format == "jpeg":
        return
    picture = Picture(np.zeros((4, 4, 3), np.uint8), None, Metadata(dpi=(300.0, 300.0)))
    assert read(encode(picture, format, bits=bits)).metadata.dpi == pytest.approx((300, 300), 0.01)


def test_quality_and_lossless_do_what_they_say(picture):
    for format in ("jpeg", "webp", "avif"):
        noise = Picture(np.random.default_rng(2).integers(0, 256, (64, 64, 3), dtype=np.uint8))
        assert len(encode(noise, format, quality=20)) < len(encode(noise, format, quality=95))
    back = read(encode(picture, "webp", lossless=True))
    np.testing.assert_array_equal(back.rgb, picture.rgb)  # hidden colours too


def test_transparency_is_laid_over_the_background_where_there_is_none(picture):
    clear = Picture(picture.rgb, np.zeros((13, 17), np.uint8))
    assert (read(encode(clear, "bmp", background=(1, 2, 3))).rgb == (1, 2, 3)).all()
    half = Picture(np.zeros((2, 2, 3), np.uint8), np.full((2, 2), 128, np.uint8))
    assert abs(int(read(encode(half, "bmp")).rgb[0, 0, 0]) - 127) <= 1


@pytest.mark.parametrize("format", FORMATS)
def test_a_side_too_long_for_the_format_is_refused(format):
    longest = FORMATS_BY_NAME[format].max_side or 100_000
    for shape in ((1, longest, 3), (longest, 1, 3)):
        assert read(encode(Picture(np.zeros(shape, np.uint8)), format)).rgb.shape == shape
    if FORMATS_BY_NAME[format].max_side is not None:
        with pytest.raises(OutputError, match=f"{format} holds up to {longest} pixels a side"):
            encode(Picture(np.zeros((1, longest + 1, 3), np.uint8)), format)


def test_whatever_an_encoder_answers_is_one_typed_error(picture, monkeypatch):
    def refuse(*_, **__):
        raise ValueError("encoding error 7:\nno")

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(OutputError) as caught:
        encode(picture, "webp")
    assert str(caught.value) == "webp cannot hold it (encoding error 7: no); use png or tiff"


@pytest.mark.parametrize("format", (*FORMATS, "heic", None))
def test_a_painting_is_written_in_the_photos_own_format(picture, format):
    kept = Picture(picture.rgb, None, Metadata(format=format))
    assert own_format(kept) == ("png" if format in ("gif", "heic", None) else format)


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("jpeg", {"quality": 0}),
        ("jpeg", {"quality": 101}),
        ("jpeg", {"lossless": True}),
        ("avif", {"lossless": True}),
        ("jpeg", {"bits": 16}),
        ("png", {"bits": 12}),
        ("docx", {}),
    ],
)
def test_options_a_format_does_not_have_are_refused(picture, format, options):
    with pytest.raises(ParameterError, match="use"):
        encode(picture, format, **options)


def test_nothing_is_overwritten_unless_forced(picture, tmp_path):
    path = tmp_path / "out.png"
    write(picture, path)
    first = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write(Picture(255 - picture.rgb), path)
    assert path.read_bytes() == first
    path.chmod(0o640)
    write(Picture(255 - picture.rgb), path, force=True)
    np.testing.assert_array_equal(read(path).rgb, 255 - picture.rgb)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]


def test_of_many_writers_exactly_one_wins(tmp_path):
    path, won, lost = tmp_path / "one", [], []

    def work(i):
        try:
            write_bytes(bytes([i]) * 5000, path)
            won.append(i)
        except OutputError:
            lost.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and len(lost) == 15
    assert path.read_bytes() == bytes(won) * 5000
    assert list(tmp_path.iterdir()) == [path]


def test_without_hard_links_nothing_is_overwritten_either(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "not supported")

    monkeypatch.setattr(os, "link", refuse)
    write_bytes(b"first", tmp_path / "file")
    with pytest.raises(OutputError, match="exists"):
        write_bytes(b"second", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"first"
    assert len(list(tmp_path.iterdir())) == 1


def test_where_one_cannot_write_says_so(picture, tmp_path, monkeypatch):
    for path in (tmp_path / "no" / "out.png", tmp_path / "out.xyz", tmp_path / "out"):
        with pytest.raises(OutputError) as caught:
            write(picture, path)
        assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(OutputError):
        write_bytes(b"", tmp_path, force=True)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space"):
        write(picture, tmp_path / "out.png")
    assert not list(tmp_path.iterdir())


def test_a_link_is_followed_and_a_format_can_be_forced(picture, tmp_path):
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    link.symlink_to(real)
    write(picture, link, force=True, format="webp")
    assert link.is_symlink() and read(real).metadata.format == "webp"


def test_a_kill_leaves_the_old_file_whole(tmp_path):
    """A child rewrites one file in a loop and is killed at random moments."""
    path = tmp_path / "file"
    sizes = {1_000_000, 2_000_000}
    program = (
        "import sys; from styler.files import write_bytes\n"
        "while True:\n"
        "    for byte, size in ((b'a', 1_000_000), (b'b', 2_000_000)):\n"
        "        write_bytes(byte * size, sys.argv[1], force=True)\n"
    )
    for delay in (0.02, 0.05, 0.11):
        child = subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT)
        try:
            while not path.exists():
                assert child.poll() is None
            threading.Event().wait(delay)
        finally:
            child.kill()
            child.wait()
        data = path.read_bytes()
        assert len(data) in sizes and len(set(data)) == 1
    left = [p for p in tmp_path.iterdir() if p != path]
    assert all(p.name.endswith(TEMPORARY_SUFFIX) and p.name.startswith(".") for p in left)


@pytest.mark.parametrize("format", ["jpeg", "png", "webp", "tiff", "bmp"])
@pytest.mark.parametrize("clear", [False, True])
def test_bands_and_the_disk_do_not_change_what_is_written(format, clear, monkeypatch):
    rng = np.random.default_rng(0)
    rgba = rng.integers(0, 256, (90, 70, 4), np.uint8)
    picture = Picture(rgba[..., :3], rgba[..., 3] if clear else None)
    whole = encode(picture, format)
    monkeypatch.setattr(scratch, "_PIXELS", 1000)
    assert encode(picture, format) == whole
    if format == "png":
        for bits in (8, 16):
            data = encode(picture, "png", bits=bits)
            there, here = (read(data, bits=bits, disk=disk) for disk in (True, False))
            assert scratch.on_disk(there.rgb) and np.array_equal(there.samples(), here.samples())
            assert encode(there, format, bits=bits) == data
            assert np.array_equal(there.filled(), here.filled())


def test_a_large_jpeg_is_written_without_codes_of_its_own(monkeypatch):
    picture = Picture(np.full((40, 50, 3), 90, np.uint8))
    small = encode(picture, "jpeg")
    monkeypatch.setattr(writing, "_OPTIMIZED", 1999)
    large = encode(picture, "jpeg")
    assert len(large) > len(small) and np.array_equal(read(large).rgb, read(small).rgb)
