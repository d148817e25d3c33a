"""The one converter between pixels and the network's floats, and resampling."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from styler import imaging
from styler.errors import ImageError, ParameterError, StylerError
from styler.imaging import (
    Metadata,
    Picture,
    fit,
    resize,
    scratch,
    to_float,
    to_uint8,
    to_uint16,
)

pictures = st.tuples(st.integers(1, 20), st.integers(1, 20))


@settings(max_examples=50, deadline=None)
@given(st.data(), pictures)
def test_there_and_back_is_exact(data, shape):
    eight = data.draw(arrays(np.uint8, (*shape, 3)))
    x = to_float(eight)
    assert x.dtype == np.float32 and x.shape == (1, 3, *shape) and x.flags.c_contiguous
    np.testing.assert_array_equal(to_uint8(x), eight)
    np.testing.assert_allclose(x[0].transpose(1, 2, 0), eight / 255.0, atol=1e-7)
    sixteen = data.draw(arrays(np.uint16, (*shape, 3)))
    np.testing.assert_array_equal(to_uint16(to_float(sixteen)), sixteen)


def test_floats_are_rounded_and_clipped():
    x = np.array([-1, -0.001, 0.4999 / 255, 0.5001 / 255, 254.6 / 255, 1.0, 7], np.float32)
    out = to_uint8(np.broadcast_to(x, (1, 3, 1, 7)))
    assert out[0, :, 0].tolist() == [0, 0, 0, 1, 255, 255, 255]
    before = np.full((1, 3, 2, 2), 0.5, np.float32)
    to_uint8(before)
    assert (before == 0.5).all()  # the caller's array is not touched


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_an_error(bad):
    x = np.zeros((1, 3, 4, 4), np.float32)
    x[0, 1, 2, 3] = bad
    with pytest.raises(StylerError, match="not numbers"):
        to_uint8(x)


def test_wrong_arrays_are_named():
    for bad in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(ParameterError):
            to_float(bad)
    for bad in (np.zeros((3, 4, 4), np.float32), np.zeros((1, 3, 4, 4), np.uint8)):
        with pytest.raises(ParameterError):
            to_uint8(bad)
    for bad in (np.zeros((4, 4), np.int64), np.zeros(4, np.uint8)):
        with pytest.raises(ParameterError):
            resize(bad, long_side=2)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"long_side": 50}, (50, 25)),
        ({"short_side": 25}, (50, 25)),
        ({"long_side": 500}, (100, 50)),
        ({"short_side": 51}, (100, 50)),
        ({"long_side": 200, "upscale": True}, (200, 100)),
        ({"size": (7, 9)}, (7, 9)),
        ({"long_side": 1}, (1, 1)),
    ],
)
def test_sizes(options, expected):
    assert fit(100, 50, **options) == expected
    for array in (
        np.zeros((50, 100, 3), np.uint8),
        np.zeros((50, 100, 3), np.uint16),
        np.zeros((50, 100, 4), np.uint8),
        np.zeros((50, 100), np.float32),
    ):
        out = resize(array, **options)
        assert out.shape == (expected[1], expected[0], *array.shape[2:])
        assert out.dtype == array.dtype


@pytest.mark.parametrize(
    "options", [{}, {"long_side": 5, "short_side": 5}, {"long_side": 0}, {"size": (0, 5)}]
)
def test_targets_that_make_no_sense(options):
    with pytest.raises(ParameterError):
        fit(10, 10, **options)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_resampling_is_antialiased_and_keeps_constants(dtype):
    white = 1 if dtype == np.float32 else np.iinfo(dtype).max
    board = (np.indices((256, 256)).sum(0) % 2 * white).astype(dtype)[..., None].repeat(3, 2)
    small = resize(board, long_side=32)
    assert np.abs(small.astype(float) - white / 2).max() < 0.05 * white  # grey, no moire
    flat = np.full((37, 53, 3), 0.3 * white).astype(dtype)
    np.testing.assert_array_equal(resize(flat, long_side=17), flat[:12, :17])
    edge = np.zeros((64, 64, 3), dtype)
    edge[:, 32:] = white
    out = resize(edge, size=(100, 100))
    assert out.min() == 0 and out.max() == white  # overshoot is clipped, not wrapped


def test_a_picture_says_what_does_not_fit():
    rgb = np.zeros((4, 5, 3), np.uint8)
    for bad in (rgb[..., :2], rgb.astype(float), rgb[:0]):
        with pytest.raises(ImageError):
            Picture(bad)
    for alpha in (np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint16)):
        with pytest.raises(ImageError):
            Picture(rgb, alpha)
    assert (Picture(rgb).height, Picture(rgb).width, Picture(rgb).bits) == (4, 5, 8)


def test_painting_over_keeps_alpha_and_metadata():
    metadata = Metadata(format="png", dpi=(72.0, 72.0))
    picture = Picture(np.zeros((2, 2, 3), np.uint8), np.full((2, 2), 7, np.uint8), metadata)
    painted = picture.with_rgb(np.ones((2, 2, 3), np.uint16))
    assert painted.metadata is metadata and (painted.alpha == 7 * 257).all()
    back = painted.to_bits(8)
    assert (back.alpha == 7).all() and back.rgb.dtype == np.uint8
    with pytest.raises(ImageError):
        picture.to_bits(12)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_what_hides_under_transparency_does_not_matter(data):
    """The fill depends on the visible pixels alone, so noise underneath cannot shine through."""
    shape = data.draw(pictures)
    alpha = data.draw(arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 255])))
    rgb, noise = (data.draw(arrays(np.uint8, (*shape, 3))) for _ in range(2))
    hidden = alpha == 0
    other = np.where(hidden[..., None], noise, rgb)
    filled = Picture(rgb, alpha).filled()
    np.testing.assert_array_equal(filled, Picture(other, alpha).filled())
    np.testing.assert_array_equal(filled[~hidden], rgb[~hidden])
    opaque = Picture(rgb, np.full(shape, 255, np.uint8))
    np.testing.assert_array_equal(opaque.filled(), Picture(rgb).filled())


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.floats(0.05, 1),
    st.integers(1, 3000),
    st.sampled_from([np.uint8, np.float32]),
)
def test_photos_are_made_smaller_by_bands_as_pillow_does_it(
    height: int, width: int, scale: float, pixels: int, dtype: type
) -> None:
    height = max(1, min(height, 7 * width // 4))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    rng = np.random.default_rng(height + width)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    if dtype == np.float32:
        picture = picture[..., 0].astype(dtype)
    expected = resize(picture, size=size)
    with patch.object(scratch, "_PIXELS", pixels), patch.object(imaging.arrays, "_LARGE", 0):
        found = resize(picture, size=size)
    assert np.array_equal(found, expected)
