"""From the canvas to the photo's own size."""

from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.imaging import scratch, stretch, to_float
from styler.inference.enlarge import enlarge


def photo(height: int = 300, width: int = 420) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    waves = np.sin(rows / 31) + np.sin(columns / 23) + 0.3 * np.sin((rows + columns) / 2)
    return np.repeat((127 + 50 * waves).astype(np.uint8)[..., None], 3, 2)


def enlarged(painted: np.ndarray, canvas: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([strip for _, strip in enlarge(painted, canvas, pixels)], 2)


def test_at_the_photos_size_nothing_happens() -> None:
    pixels = photo()
    painted = np.random.default_rng(0).random((1, 3, 300, 420), np.float32)
    ((rows, strip),) = enlarge(painted, to_float(pixels), pixels)
    assert rows == slice(0, 300)
    np.testing.assert_array_equal(strip, painted)


def test_strips_cover_every_row_once() -> None:
    pixels = photo()
    canvas = stretch(to_float(pixels)[0], (105, 75), smooth=False)[None]
    rows = [rows for rows, _ in enlarge(canvas, canvas, pixels)]
    assert [row for part in rows for row in range(300)[part]] == list(range(300))


def test_detail_follows_the_painting_up_and_down() -> None:
    """A painting that repeats the photo is the photo, one that inverts it its negative."""
    pixels = photo()
    x = to_float(pixels)
    canvas = stretch(x[0], (105, 75), smooth=False)[None]
    for painted, expected in ((canvas, x), (1 - canvas, 1 - x)):
        smooth = stretch(painted[0], (420, 300))[None]
        with_detail = enlarged(painted, canvas, pixels)
        assert np.abs(with_detail - expected).mean() < 0.6 * np.abs(smooth - expected).mean()


def test_a_flat_painting_stays_flat() -> None:
    pixels = photo()
    canvas = stretch(to_float(pixels)[0], (105, 75), smooth=False)[None]
    flat = np.full_like(canvas, 0.4)
    np.testing.assert_allclose(enlarged(flat, canvas, pixels), 0.4, atol=1e-4)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 40), st.integers(1, 40), st.integers(0, 90), st.integers(0, 90),
    st.integers(1, 4000),
)  # fmt: skip
def test_pixels_do_not_depend_on_strips(
    height: int, width: int, more: int, wider: int, pixels: int
) -> None:
    rng = np.random.default_rng(height * width)
    painted, canvas = rng.random((2, 1, 3, height, width), np.float32)
    large = rng.integers(0, 256, (height + more, width + wider, 3), np.uint8)
    whole = enlarged(painted, canvas, large)
    with patch.object(scratch, "_PIXELS", pixels):
        np.testing.assert_array_equal(enlarged(painted, canvas, large), whole)
