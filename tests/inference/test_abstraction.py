"""What is small is gathered; contours and thin lines stay."""

import numpy as np
import pytest

from styler.imaging import blur
from styler.inference import abstraction
from styler.inference.abstraction import abstract


def noise(*shape: int, deviation: float = 0.02) -> np.ndarray:
    return np.random.default_rng(0).normal(0.5, deviation, shape).astype(np.float32)


def test_texture_fades() -> None:
    texture = noise(3, 64, 64)
    assert abstract(texture, 1.0).std() < 0.5 * texture.std()


def test_a_contour_becomes_sharper() -> None:
    contour = np.zeros((3, 40, 64), np.float32)
    contour[:, :, 32:] = 1
    soft = blur(contour, 1.2)
    steep = np.abs(np.diff(abstract(soft, 1.0), axis=2)).max()
    assert steep > 1.1 * np.abs(np.diff(soft, axis=2)).max()


def test_a_thin_line_stays_and_is_not_strung_into_beads() -> None:
    line = np.full((3, 40, 40), 0.8, np.float32)
    line[:, 20:22] = 0.2
    gathered = abstract(line, 1.0)[0, 20]
    assert gathered.max() < 0.45 and np.ptp(gathered) < 0.02


def test_what_is_even_stays() -> None:
    even = np.full((3, 20, 30), 0.37, np.float32)
    assert np.abs(abstract(even, 1.0) - even).max() < 1e-6


def test_an_amount_of_it() -> None:
    picture = noise(3, 30, 30, deviation=0.2)
    assert abstract(picture, 0.0) is picture
    half = picture + (abstract(picture, 1.0) - picture) / 2
    assert np.abs(abstract(picture, 0.5) - half).max() < 1e-6


def test_bands_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = noise(3, 61, 24, deviation=0.2)
    whole = abstract(picture, 1.0)
    monkeypatch.setattr(
        abstraction, "bands", lambda height, width: (slice(y, y + 7) for y in range(0, height, 7))
    )
    assert (abstract(picture, 1.0) == whole).all()


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 1, 9), (3, 3, 2)])
def test_any_size(shape: tuple[int, ...]) -> None:
    assert abstract(noise(*shape), 1.0).shape == shape


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6])
def test_odd_values_do_not_stop_it(value: float) -> None:
    picture = noise(3, 12, 12)
    picture[:, 5, 5] = value
    assert abstract(picture, 1.0)[0, 0, 0] == pytest.approx(0.5, abs=0.1)
