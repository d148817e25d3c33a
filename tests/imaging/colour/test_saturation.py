"""Saturation: brightness stays, colours go towards grey or away from it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from styler.imaging import LUMA, saturated

PICTURES = npst.arrays(np.float32, (1, 3, 4, 5), elements=st.floats(0, 1, width=32))


@given(PICTURES, st.floats(0, 2))
def test_brightness_stays(picture: np.ndarray, factor: float) -> None:
    before, after = (np.tensordot(LUMA, x[0], 1) for x in (picture, saturated(picture, factor)))
    np.testing.assert_allclose(after, before, atol=1e-6)


@given(PICTURES, st.floats(0, 2))
def test_differences_of_channels_scale(picture: np.ndarray, factor: float) -> None:
    before, after = (np.diff(x, axis=1) for x in (picture, saturated(picture, factor)))
    np.testing.assert_allclose(after, factor * before, atol=2e-6)


@given(PICTURES)
def test_one_changes_nothing(picture: np.ndarray) -> None:
    assert saturated(picture, 1) is picture
