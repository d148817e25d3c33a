"""Detail finer than the network draws."""

import numpy as np
import pytest

from styler.imaging import blur
from styler.inference.detail import detailed, slope


def photo(height: int = 60, width: int = 80) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    waves = 0.5 * np.sin(rows / 5) + 0.4 * np.sin(columns / 4) + 0.1 * np.sin(rows + 1.7 * columns)
    return np.repeat((0.5 + 0.5 * waves).astype(np.float32)[None, None], 3, 1)


def sharpness(x: np.ndarray) -> float:
    return float((x[0] - blur(x[0], 1.0)).std())


@pytest.mark.parametrize("sign", [1, -1])
def test_a_soft_painting_gains_the_photos_detail(sign: int) -> None:
    """Also one that turns light into dark: its detail turns, too."""
    x = photo()
    sharp = 0.5 + sign * 0.7 * (x - 0.5)
    soft = blur(sharp[0], 1.2)[None]
    painted = detailed(soft, x)
    assert sharpness(soft) < 0.5 * sharpness(sharp)
    assert sharpness(sharp) < sharpness(painted) < 2.5 * sharpness(sharp)


def test_half_of_it() -> None:
    x = photo()
    soft = blur(x[0], 1.2)[None]
    half, whole = (detailed(soft, x, amount) for amount in (0.5, 1.0))
    np.testing.assert_allclose(half - soft, 0.5 * (whole - soft), atol=1e-6)
    assert detailed(soft, x, 0.0) is soft


def test_what_is_far_sharper_than_the_photo_stays() -> None:
    x = photo()
    crisp = x + 8 * (x - blur(x[0], 1.0)[None])
    assert np.abs(detailed(crisp, x) - crisp).mean() < 0.1 * np.abs(crisp - x).mean()


def test_a_flat_photo_leads_nothing() -> None:
    painted = np.random.default_rng(0).random((1, 3, 40, 50), np.float32)
    np.testing.assert_allclose(detailed(painted, np.full_like(painted, 0.3)), painted, atol=1e-5)


def test_colours_stay() -> None:
    """Only brightness has detail: the differences of the colours are those before."""
    x = photo()
    soft = blur(x[0], 1.2)[None] * np.array([1, 0.5, 0.2], np.float32)[None, :, None, None]
    painted = detailed(soft, x)
    np.testing.assert_allclose(painted[:, 0] - painted[:, 1], soft[:, 0] - soft[:, 1], atol=1e-6)


def test_the_slope_is_that_of_the_painting() -> None:
    x = photo()[0, :1]
    inner = np.s_[:, 10:-10, 10:-10]
    for factor in (0.5, -0.5):
        assert np.median(slope(0.3 + factor * x, x, 1.0)[inner]) == pytest.approx(factor, abs=0.06)
