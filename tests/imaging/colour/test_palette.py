"""Mean and covariance of colours, and the way from one palette to another."""

import numpy as np
import pytest

from styler.errors import ParameterError
from styler.imaging import Palette, transformed
from styler.imaging.colour.palette import EPSILON, power


def colours(seed: int, height: int = 70, width: int = 33) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixed = rng.random((3, 3)) @ rng.normal(0, 0.2, (3, height * width))
    return (mixed + rng.random((3, 1))).reshape(1, 3, height, width).astype(np.float32)


def test_a_palette_is_mean_and_covariance() -> None:
    x = colours(0)
    palette = Palette.of(x)
    flat = x.reshape(3, -1).astype(float)
    np.testing.assert_allclose(palette.mean, flat.mean(1), rtol=1e-6)
    expected = np.cov(flat, bias=True) + EPSILON * np.eye(3)
    np.testing.assert_allclose(palette.covariance, expected, rtol=1e-5, atol=1e-9)


def test_weights_count_pixels() -> None:
    x = colours(1)
    half = np.zeros((70, 33), np.float32)
    half[:40] = 0.5
    weighed, cut = Palette.of(x, half), Palette.of(x[:, :, :40])
    np.testing.assert_allclose(weighed.mean, cut.mean, rtol=1e-6)
    np.testing.assert_allclose(weighed.covariance, cut.covariance, rtol=1e-5)
    with pytest.raises(ParameterError, match="the mask must leave some of it"):
        Palette.of(x, np.zeros((70, 33)))


def moved(x: np.ndarray, target: Palette, amount: float) -> np.ndarray:
    matrix, shift = Palette.of(x).towards(target, amount)
    return np.tensordot(matrix, x[0], 1)[None] + shift[:, None, None]


def test_the_way_arrives_and_begins_where_it_should() -> None:
    x, target = colours(2), Palette.of(colours(3))
    there = Palette.of(moved(x, target, 1.0).astype(np.float32))
    np.testing.assert_allclose(there.mean, target.mean, atol=1e-5)
    np.testing.assert_allclose(there.covariance, target.covariance, atol=3e-5)
    np.testing.assert_allclose(moved(x, target, 0.0), x, atol=1e-6)


def test_no_other_map_that_arrives_moves_colours_less() -> None:
    x, target = colours(4), Palette.of(colours(5))
    own = Palette.of(x)
    matrix, _ = own.towards(target)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-9)
    other = power(target.covariance, 0.5) @ power(own.covariance, -0.5)

    def cost(map_: np.ndarray) -> float:
        return float(np.trace((map_ - np.eye(3)) @ own.covariance @ (map_ - np.eye(3)).T))

    assert cost(matrix) < cost(other)


def test_flat_colours_stay_finite() -> None:
    flat = np.full((1, 3, 4, 4), 0.5, np.float32)
    assert np.isfinite(moved(flat, Palette.of(colours(6)), 1.0)).all()
    assert np.isfinite(moved(colours(6), Palette.of(flat), 1.0)).all()


def test_mixing_is_the_weighted_mean() -> None:
    a, b = Palette.of(colours(7)), Palette.of(colours(8))
    mixed = Palette.mix([a, b], [0.25, 0.75])
    np.testing.assert_allclose(mixed.mean, 0.25 * a.mean + 0.75 * b.mean)
    np.testing.assert_allclose(mixed.covariance, 0.25 * a.covariance + 0.75 * b.covariance)


def test_colours_are_transformed_one_by_one() -> None:
    x, matrix, shift = colours(9), np.arange(9.0).reshape(3, 3) / 9, np.array([0.1, 0.0, -0.2])
    found = transformed(x[0], matrix, shift)
    expected = np.einsum("ij,jhw->ihw", matrix, x[0]) + shift[:, None, None]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_array_equal(transformed(x[0, :, :1], matrix, shift), found[:, :1])
