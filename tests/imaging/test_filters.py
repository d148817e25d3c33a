"""Blurring, pooling and stretching of planes."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.imaging import blur, pool, spread, stretch


def planes(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((2, height, width), np.float32)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([0.7, 2.0, 5.0]))
def test_blurring_keeps_what_is_flat_and_never_leaves_the_range(
    height: int, width: int, sigma: float
) -> None:
    x = planes(height, width)
    y = blur(x, sigma)
    assert y.shape == x.shape and y.dtype == np.float32
    assert y.min() >= x.min() - 1e-6 and y.max() <= x.max() + 1e-6
    np.testing.assert_allclose(blur(np.full_like(x, 0.3), sigma), 0.3, rtol=1e-5)


def test_blurring_has_the_deviation_it_names() -> None:
    point = np.zeros((1, 41, 41), np.float32)
    point[0, 20, 20] = 1
    y = blur(point, 3.0)[0]
    offsets = np.arange(-20, 21)
    assert y.sum() == pytest.approx(1, rel=1e-5)
    assert np.sqrt((y.sum(0) * offsets**2).sum()) == pytest.approx(3, rel=0.06)  # cut off
    np.testing.assert_allclose(y, y.T, atol=1e-7)


def test_pooling_takes_means_and_mirrors_the_rest() -> None:
    x = planes(8, 12)
    expected = x.reshape(2, 2, 4, 3, 4).mean((2, 4))
    np.testing.assert_allclose(pool(x, 4), expected, rtol=1e-6)
    odd = pool(planes(5, 3), 4)
    assert odd.shape == (2, 2, 1)
    np.testing.assert_allclose(pool(np.full((1, 5, 3), 0.6, np.float32), 4), 0.6, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.integers(1, 70),
    st.integers(1, 70),
    st.booleans(),
    st.sets(st.integers(1, 69), max_size=4),
)
def test_strips_of_a_stretched_plane_make_the_whole(
    height: int, width: int, tall: int, wide: int, smooth: bool, cuts: set[int]
) -> None:
    x = planes(height, width)
    whole = stretch(x, (wide, tall), smooth=smooth)
    assert whole.shape == (2, tall, wide)
    edges = [0, *sorted(cut for cut in cuts if cut < tall), tall]
    parts = [
        stretch(x, (wide, tall), rows=slice(start, stop), smooth=smooth)
        for start, stop in pairwise(edges)
    ]
    once = stretch(x, (wide, tall), rows=slice(0, tall), smooth=smooth)
    np.testing.assert_array_equal(np.concatenate(parts, 1), once)
    np.testing.assert_allclose(once, whole, atol=1e-6)
    if not smooth:
        assert whole.min() >= x.min() - 1e-6 and whole.max() <= x.max() + 1e-6


def test_cells_are_spread_over_their_pixels() -> None:
    rows, columns = np.mgrid[:5, :6].astype(np.float32)
    wide = spread(np.stack([columns, rows]), 4, (23, 18))
    assert wide.shape == (2, 18, 23)
    np.testing.assert_allclose(wide[0, 9, 2:20], (np.arange(2, 20) - 1.5) / 4, atol=1e-5)
    assert spread(wide, 1, (23, 18)) is wide


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(2, 5), st.tuples(*2 * [st.integers(0, 44)])
)
def test_rows_of_spread_cells_are_those_of_the_whole(
    down: int, across: int, factor: int, ends: tuple[int, int]
) -> None:
    cells, size = planes(down, across), (across * factor - 1, down * factor - 1)
    whole = spread(cells, factor, size)
    start, stop = (min(end, size[1]) for end in sorted(ends))
    part = spread(cells, factor, size, rows=slice(start, stop))
    np.testing.assert_array_equal(part, whole[:, start:stop])
    expected = stretch(cells, (size[0] + 1, size[1] + 1), smooth=False)
    np.testing.assert_allclose(whole, expected[:, :-1, :-1], atol=1e-6)
