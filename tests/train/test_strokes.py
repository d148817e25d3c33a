"""Strokes along the contours of a photo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.train.strokes import along, noise, tangents


def waves(angle: float, side: int = 64) -> np.ndarray:
    """Parallel lines whose direction is ``angle``."""
    rows, columns = np.mgrid[:side, :side]
    across = np.cos(angle) * rows - np.sin(angle) * columns
    return (0.5 + 0.4 * np.sin(across / 2.5))[None].astype(np.float32)


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2, 2.1])
def test_tangents_follow_lines(angle: float) -> None:
    direction = tangents(waves(angle))
    line = np.array([np.cos(angle), np.sin(angle)])
    assert np.abs(direction[8:-8, 8:-8] @ line).min() > 0.98
    np.testing.assert_allclose(np.square(direction).sum(-1), 1, rtol=1e-5)


@pytest.mark.parametrize("angle", [0.0, 0.4, np.pi / 2])
def test_noise_is_drawn_out_along_the_lines_and_not_across(angle: float) -> None:
    drawn = along(noise(1, 64, 64), tangents(waves(angle)))[0]
    step = np.round(4 * np.array([np.cos(angle), np.sin(angle)])).astype(int)

    def alike(dx: int, dy: int) -> float:
        inner = drawn[12:-12, 12:-12]
        other = drawn[12 + dy : 52 + dy, 12 + dx : 52 + dx]
        return float(np.corrcoef(inner.ravel(), other.ravel())[0, 1])

    assert alike(*step) > 0.5
    assert abs(alike(-step[1], step[0])) < 0.25


def test_what_is_constant_along_lines_stays() -> None:
    lines = waves(0.0)
    np.testing.assert_allclose(along(lines, tangents(lines)), lines, atol=0.02)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20))
def test_any_size_stays_in_range(height: int, width: int) -> None:
    x = np.random.default_rng(0).random((3, height, width), np.float32)
    y = along(x, tangents(x))
    assert y.shape == x.shape and y.min() >= x.min() - 1e-5 and y.max() <= x.max() + 1e-5


def test_strokes_on_a_plain_ground_do_not_ring_what_stands_on_it() -> None:
    y, x = np.mgrid[:192, :192].astype(np.float32)
    radius = np.hypot(y - 96, x - 96)
    vignette = np.where(radius < 24, 0.2, 0.8 - 0.001 * radius)[None].astype(np.float32)
    direction = tangents(vignette)
    assert abs(direction[96, 72, 1]) > 0.95  # the rim leads
    angle = np.arctan2(direction[..., 1], direction[..., 0]) % np.pi
    assert np.abs(angle[radius > 72] - 3 * np.pi / 4).max() < 1.0


def test_noise_depends_on_place_and_seed_alone() -> None:
    small, large = noise(2, 20, 30), noise(2, 300, 400)
    np.testing.assert_array_equal(small, large[:, :20, :30])
    assert abs(large.mean()) < 0.01 and large.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(large[0].ravel(), large[1].ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(large[0, :, 1:].ravel(), large[0, :, :-1].ravel())[0, 1]) < 0.02
    assert not np.array_equal(noise(2, 20, 30, seed=1), small)
    assert float(noise(1, 4, 4)[0, 1, 2]) == pytest.approx(NOISE, abs=1e-6)


NOISE = -1.2963106632232666
"""Kept: on every machine the same."""
