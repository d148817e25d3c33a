"""Tones as paint has them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from styler.imaging import pigment
from styler.imaging.colour.pigment import KNEE


def test_nothing_is_clipped_and_all_keeps_its_order() -> None:
    values = np.linspace(-1, 2, 301, dtype=np.float32)
    soft = pigment(values, 1.0)
    assert soft.min() >= 0 and soft.max() <= 1
    seen = (values > -0.3) & (values < 1.3)
    assert (np.diff(soft[seen]) > 0).all()


@given(st.floats(0, 1))
def test_between_the_knees_nothing_changes(amount: float) -> None:
    values = np.linspace(KNEE, 1 - KNEE, 50, dtype=np.float32)
    np.testing.assert_allclose(pigment(values, amount), values, atol=1e-6)


def test_it_fades_in() -> None:
    white = np.ones(3, np.float32)
    assert pigment(white, 0.0) is white
    half, whole = (1 - float(pigment(white, amount)[0]) for amount in (0.5, 1.0))
    np.testing.assert_allclose(2 * half, whole, rtol=1e-5)
    assert 0.01 < whole < KNEE
