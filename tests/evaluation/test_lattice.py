"""The lattice on smooth gradients: found at its amplitude, and nothing else for it."""

import numpy as np
import pytest

from styler.evaluation.lattice import gradient, lattice


def wave(rows: float, columns: float, side: int = 256) -> np.ndarray:
    """Of amplitude 1, at so many cycles a pixel; at 1/2 cycle its crests fall on pixels."""
    y, x = np.mgrid[:side, :side]
    return np.cos(2 * np.pi * (rows * y + columns * x))[..., None]


def with_wave(dtype: type, change: np.ndarray) -> np.ndarray:
    """Rounded once: what is added is less than a level."""
    levels = gradient(np.uint16) / 257 + change
    return np.rint(levels * (np.iinfo(dtype).max / 255)).astype(dtype)


@pytest.mark.parametrize(("dtype", "off"), [(np.uint8, 0.11), (np.uint16, 0.01)])
@pytest.mark.parametrize("place", [(0, 1), (2, 0), (5, 3), (0, 4), (4, 4), (4, 1), (7, 2)])
def test_a_lattice_is_found_at_its_amplitude(
    dtype: type, off: float, place: tuple[int, int]
) -> None:
    for amplitude in (0.6, 3.0):
        painted = with_wave(dtype, amplitude * wave(place[0] / 8, place[1] / 8))
        assert lattice(painted) == pytest.approx(amplitude, abs=off)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_gradient_has_none_and_strokes_are_none(dtype: type) -> None:
    assert gradient(dtype).dtype == dtype and gradient(dtype).shape == (256, 256, 3)
    assert lattice(gradient(dtype)) < 0.01
    noise = np.random.default_rng(0).normal(0, 8, (256, 256, 3))
    assert lattice(with_wave(dtype, noise)) < 0.1
    strokes = np.repeat(np.repeat(noise[::5, ::7], 5, 0), 7, 1)[:256, :256]
    assert lattice(with_wave(dtype, strokes)) < 0.6
    assert lattice(with_wave(dtype, 6 * wave(0.22, 0.31))) < 0.1, "a wave that is on no lattice"


def test_a_lattice_of_one_colour_counts_and_strokes_hide_a_weak_one() -> None:
    blue = wave(0.25, 0) * [0, 0, 2]
    assert lattice(with_wave(np.uint8, blue)) == pytest.approx(2, abs=0.1)
    rough = np.random.default_rng(0).normal(0, 25, (256, 256, 1))
    assert lattice(with_wave(np.uint8, rough + 0.6 * wave(0.25, 0))) < 0.6


def test_rows_beyond_a_multiple_of_eight_are_left_out() -> None:
    painted = with_wave(np.uint8, wave(0.25, 0.25))
    assert lattice(np.pad(painted[:248, :240], ((0, 3), (0, 5), (0, 0)))) == pytest.approx(
        lattice(painted[:248, :240])
    )
