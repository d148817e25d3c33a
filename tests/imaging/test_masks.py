"""Any grey picture is a soft mask of any size."""

import io
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from styler.errors import ImageError, ParameterError
from styler.imaging import (
    Picture,
    alpha_mask,
    arrays,
    as_mask,
    encode,
    read_mask,
    resize_mask,
    scratch,
)


def png(array, **options):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG", **options)
    return out.getvalue()


def test_grey_levels_are_the_mask():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    mask = read_mask(png(grey))
    assert mask.dtype == np.float32 and mask.shape == (16, 16)
    np.testing.assert_allclose(mask, grey / 255, atol=1e-6)
    deep = (np.arange(256, dtype=np.uint16) * 256).reshape(16, 16)
    np.testing.assert_allclose(read_mask(png(deep)), deep / 65535, atol=1e-6)
    black_and_white = Image.fromarray(grey > 99)
    out = io.BytesIO()
    black_and_white.save(out, "TIFF")
    np.testing.assert_array_equal(read_mask(out.getvalue()), grey > 99)


def test_white_drawn_on_nothing_works():
    drawn = np.full((4, 4, 4), 255, np.uint8)
    drawn[:2, :, 3] = 0
    np.testing.assert_array_equal(read_mask(png(drawn))[:, 0], [0, 0, 1, 1])


def test_coloured_pictures_count_by_luma():
    red = np.zeros((3, 3, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(read_mask(png(red)), 0.299, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(1, 90), st.integers(1, 90), st.floats(0, 1)
)
def test_stretching_stays_in_range_and_keeps_constants(height, width, w, h, value):
    constant = np.full((height, width), value, np.float32)
    np.testing.assert_array_equal(resize_mask(constant, (w, h)), np.full((h, w), np.float32(value)))
    random = np.random.default_rng(height * width).random((height, width), np.float32)
    out = resize_mask(random, (w, h))
    assert out.shape == (h, w) and out.min() >= random.min() and out.max() <= random.max()
    np.testing.assert_allclose(out + resize_mask(1 - random, (w, h)), 1, atol=1e-5)


def test_a_mask_is_stretched_to_the_photo():
    half = np.zeros((10, 10), np.uint8)
    half[:, 5:] = 255
    mask = read_mask(png(half), (200, 30))
    assert mask.shape == (30, 200)
    assert (mask[:, :85] == 0).all() and (mask[:, 115:] == 1).all()
    assert (np.diff(mask, axis=1) >= 0).all()


def test_what_is_no_mask_is_refused():
    with pytest.raises(ImageError):
        read_mask(b"no picture")
    with pytest.raises(ImageError):
        read_mask(png(np.zeros((50, 50), np.uint8)), max_pixels=100)
    for bad in (np.zeros(3, np.float32), np.full((2, 2), 2.0), np.full((2, 2), np.nan)):
        with pytest.raises(ParameterError):
            resize_mask(bad, (4, 4))
    with pytest.raises(ParameterError):
        resize_mask(np.zeros((2, 2), np.float32), (0, 4))


def test_alpha_is_a_mask_too():
    rgb = np.zeros((2, 2, 3), np.uint8)
    assert alpha_mask(Picture(rgb)) is None
    alpha = np.array([[0, 51], [102, 255]], np.uint8)
    np.testing.assert_allclose(alpha_mask(Picture(rgb, alpha)), alpha / 255, atol=1e-7)
    assert read_mask(encode(Picture(rgb + 255, alpha), "png"))[1, 1] == 1


def test_of_0_and_1_alone_1_is_white():
    labels = (np.arange(64).reshape(8, 8) % 3 > 0).astype(np.uint8)
    for stored in (labels, labels.astype(np.uint16), np.dstack([labels] * 3)):
        np.testing.assert_array_equal(read_mask(png(stored)), labels)
        np.testing.assert_array_equal(as_mask(from_array(stored)), labels)
    np.testing.assert_array_equal(read_mask(png(labels * 0)), 0)
    dark = labels.copy()
    dark[0, 0] = 2
    assert read_mask(png(dark)).max() < 0.01, "a level of grey"
    assert read_mask(png(labels.astype(np.uint16) * 257)).max() < 0.01, "so are these 16 bits"


def from_array(values):
    return Picture(values if values.ndim == 3 else np.dstack([values] * 3))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 60),
    st.sampled_from(["L", "RGB", "LA"]),
    st.sampled_from([1, 90, 255]),
)
def test_large_masks_are_stretched_by_bands_to_the_same(
    width: int, height: int, w: int, h: int, mode: str, most: int
) -> None:
    height = max(1, min(height, 7 * width // 4))
    levels = np.random.default_rng(width).integers(0, most + 1, (height, width), np.uint8)
    out = io.BytesIO()
    Image.fromarray(levels).convert(mode).save(out, "PNG")
    expected = resize_mask(read_mask(out.getvalue()), (w, h))
    with patch.object(arrays, "_LARGE", 0), patch.object(scratch, "_PIXELS", 40):
        found = read_mask(out.getvalue(), (w, h))
    np.testing.assert_allclose(found, expected, atol=1e-6)  # bands round the last digit
