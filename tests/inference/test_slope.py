"""How much the painting follows the photo."""

import numpy as np
import pytest

from styler.inference.slope import slope


def photo(height: int = 60, width: int = 80) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    waves = 0.5 * np.sin(rows / 5) + 0.4 * np.sin(columns / 4) + 0.1 * np.sin(rows + 1.7 * columns)
    return np.repeat((0.5 + 0.5 * waves).astype(np.float32)[None, None], 3, 1)


def test_the_slope_is_that_of_the_painting() -> None:
    x = photo()[0, :1]
    inner = np.s_[:, 10:-10, 10:-10]
    for factor in (0.5, -0.5):
        assert np.median(slope(0.3 + factor * x, x, 1.0)[inner]) == pytest.approx(factor, abs=0.06)
