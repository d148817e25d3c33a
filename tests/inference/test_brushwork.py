"""Brushwork: as strong as asked for, where it belongs, relative to the picture."""

import numpy as np
import pytest

from styler.controls import Controls
from styler.inference.brushwork import brush
from styler.inference.correspondence import correspond
from styler.styles import Brushwork

FLAT = np.full((1, 3, 96, 128), 0.5, np.float32)


def hatched(strength: float = 0.06, side: int = 160, period: int = 8) -> Brushwork:
    lines = np.sign(np.sin(2 * np.pi * (np.arange(side) + 0.5) / period))
    plane = 0.5 + strength * np.broadcast_to(lines[:, None], (side, side))
    return Brushwork.of(np.ascontiguousarray(plane[None, None].repeat(3, 1).astype(np.float32)))


KIND = hatched()


def strength(y: np.ndarray) -> float:
    return float((y - FLAT).std())


def test_without_brushwork_the_painting_is_itself() -> None:
    assert brush(FLAT, [KIND], Controls(brushwork=0)) is FLAT
    assert brush(FLAT, [KIND], Controls(strength=0)) is FLAT
    assert np.array_equal(brush(FLAT, [Brushwork()], Controls()), FLAT)


def test_strokes_are_as_strong_as_the_style_and_the_controls_say() -> None:
    once = strength(brush(FLAT, [KIND], Controls()))
    assert once > 0.02
    assert strength(brush(FLAT, [KIND], Controls(brushwork=0.5))) == pytest.approx(once / 2)
    assert strength(brush(FLAT, [KIND], Controls(strength=0.5))) == pytest.approx(once / 2)
    assert strength(brush(FLAT, [KIND], Controls(strength=1.5))) == pytest.approx(once)
    assert strength(brush(FLAT, [hatched(0.03)], Controls())) == pytest.approx(once / 2, rel=0.2)


def test_masks_say_where() -> None:
    masks = np.zeros((2, 96, 128), np.float32)
    masks[0, :, :64], masks[1, :, 64:] = 1, 1
    change = brush(FLAT, [KIND, Brushwork()], Controls(), masks) - FLAT
    assert change[..., :64].std() > 0.02
    assert np.abs(change[..., 64:]).max() == 0


def test_what_several_regions_paint_by_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(
        "styler.inference.transfer.correspond", lambda *a: asked.append(a) or correspond(*a)
    )
    left = np.linspace(0, 1, 128, dtype=np.float32) * np.ones((96, 1), np.float32)
    other = hatched(period=12)
    mixed = Brushwork.mix([KIND, other], [0.5, 0.5])
    whole = brush(FLAT, [mixed], Controls())
    assert len(asked) == 2
    brushed = brush(FLAT, [mixed, mixed], Controls(), np.stack([left, 1 - left]))
    assert len(asked) == 4
    assert np.abs(brushed - whole).max() < 1e-6


def periods(y: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(y[0, 0] - y.mean(), axis=0)).mean(1)
    return y.shape[2] / float(spectrum[1:].argmax() + 1)


def test_strokes_are_as_large_relative_to_a_picture_of_any_size() -> None:
    """Lines of a twentieth of the painting's height are a twentieth of the picture's."""
    for side in (80, 160, 320, 640):
        flat = np.full((1, 3, side, side), 0.5, np.float32)
        assert periods(brush(flat, [KIND], Controls())) == pytest.approx(side / 20, rel=0.3)


def test_larger_strokes_are_larger() -> None:
    flat = np.full((1, 3, 320, 320), 0.5, np.float32)
    for size in (0.5, 2.0, 4.0):
        found = periods(brush(flat, [KIND], Controls(stroke_size=size)))
        assert found == pytest.approx(16 * size, rel=0.3)


def test_the_same_again() -> None:
    assert np.array_equal(brush(FLAT, [KIND], Controls()), brush(FLAT, [KIND], Controls()))
