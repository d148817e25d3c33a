"""What patches look like, in whole numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.inference.patches import CELLS, LEVELS, Patches, energy, smooth


def noise(height: int = 64, width: int = 96, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((3, height, width), np.float32)


def described(picture: np.ndarray, side: int = 16, step: int = 8) -> np.ndarray:
    detail = picture - smooth(picture)
    return Patches.of(picture, energy(detail), side, step).descriptors


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 99), st.floats(-1, 2))
def test_sums_of_products_are_exact(seed: int, offset: float) -> None:
    found = described(2 * noise(seed=seed) + np.float32(offset)).reshape(-1, 52)
    assert (found == np.rint(found)).all()
    exact = found.astype(np.int64)
    assert (found @ found.T == exact @ exact.T).all()
    assert np.abs(exact @ exact.T).max() < 1 << 24


@pytest.mark.parametrize(("side", "step"), [(64, 16), (32, 8), (16, 8)])
def test_one_for_each_place(side: int, step: int) -> None:
    rows, columns, _ = described(noise(), side, step).shape
    assert (rows, columns) == ((64 - side) // step + 1, (96 - side) // step + 1)


def test_a_patch_is_described_the_same_wherever_it_lies() -> None:
    picture = noise()
    picture[:, 32:64, 48:80] = picture[:, :32, :32]
    busy = np.full((1, 64, 96), 0.1, np.float32)
    found = Patches.of(picture, busy, 16, 8).descriptors
    assert np.array_equal(found[0, 0], found[4, 6])
    assert not np.array_equal(found[0, 0], found[4, 5])


def test_the_mean_colour_counts_as_all_cells_do() -> None:
    dark, light = (described(np.full((3, 32, 32), v, np.float32))[0, 0] for v in (0.25, 0.5))
    expected = 3 * CELLS**2 * (0.25 * LEVELS) ** 2
    assert np.square(light - dark).sum() == pytest.approx(expected, rel=0.01)


def test_what_is_hidden_is_not_seen() -> None:
    alpha = np.ones((1, 64, 96), np.float32)
    alpha[:, :, 40:] = 0
    picture = noise()
    found = Patches.of(picture, energy(picture), 16, 8, alpha)
    assert found.seen[:, :4].all() and not found.seen[:, 4:].any()


def test_smooth_leaves_what_is_flat_and_energy_is_its_deviation() -> None:
    flat = np.full((3, 40, 50), 0.3, np.float32)
    np.testing.assert_allclose(smooth(flat), flat, atol=1e-6)
    assert energy(flat - smooth(flat)).max() < 1e-5
    assert energy(noise(80, 80) - 0.5).mean() == pytest.approx(12**-0.5, rel=0.02)
