"""Contrast and saturation: brightness and the distance from grey scale, each for itself."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from styler.imaging import LUMA, vivid

COLOURS = npst.arrays(np.float64, 3, elements=st.floats(0, 1))
FACTORS = st.floats(0, 2)


@given(COLOURS, COLOURS, FACTORS, FACTORS)
def test_each_scales_for_itself(
    mean: np.ndarray, colour: np.ndarray, contrast: float, saturation: float
) -> None:
    matrix, shift = vivid(mean, contrast, saturation)
    changed = matrix @ colour + shift
    luma, moved = LUMA @ (colour - mean), LUMA @ (changed - mean)
    np.testing.assert_allclose(moved, contrast * luma, atol=1e-12)
    np.testing.assert_allclose(np.diff(changed), saturation * np.diff(colour), atol=1e-12)


@given(COLOURS, COLOURS)
def test_one_changes_nothing(mean: np.ndarray, colour: np.ndarray) -> None:
    matrix, shift = vivid(mean, 1, 1)
    np.testing.assert_allclose(matrix @ colour + shift, colour, atol=1e-12)
