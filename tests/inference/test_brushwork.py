"""Strokes on the photo: as strong as asked for, where there is room, relative to the picture."""

import numpy as np
import pytest

from styler.controls import Controls
from styler.inference.brushwork import brush
from styler.styles import Brushwork

FLAT = np.full((1, 3, 96, 128), 0.5, np.float32)
KIND = Brushwork(0.02, 0.01)


def strength(x: np.ndarray, photo: np.ndarray = FLAT) -> float:
    return float((x - photo).mean(1).std())


def test_without_brushwork_the_photo_is_itself() -> None:
    assert brush(FLAT, [KIND], Controls(brushwork=0)) is FLAT
    assert brush(FLAT, [KIND], Controls(strength=0)) is FLAT


def test_strokes_are_as_strong_as_the_style_and_the_control_say() -> None:
    once = strength(brush(FLAT, [KIND], Controls()))
    assert 0.005 < once < 0.06
    half = strength(brush(FLAT, [KIND], Controls(brushwork=0.5)))
    weaker = strength(brush(FLAT, [Brushwork(0.01, 0.005)], Controls()))
    assert half == pytest.approx(once / 2, rel=0.1)
    assert weaker == pytest.approx(once / 2, rel=0.1)
    assert strength(brush(FLAT, [Brushwork(0.0, 0.0)], Controls())) == 0


def test_a_busy_photo_leaves_less_room() -> None:
    busy = np.random.default_rng(0).random(FLAT.shape, np.float32)
    assert strength(brush(busy, [KIND], Controls()), busy) < 0.4 * strength(
        brush(FLAT, [KIND], Controls())
    )


def test_masks_say_where() -> None:
    masks = np.zeros((2, 96, 128), np.float32)
    masks[0, :, :64], masks[1, :, 64:] = 1, 1
    change = brush(FLAT, [KIND, Brushwork(0.0, 0.0)], Controls(), masks) - FLAT
    assert change[..., :56].std() > 0.005
    assert np.abs(change[..., 72:]).max() < 1e-5


def test_larger_strokes_are_larger() -> None:
    def fine(size: float) -> float:
        y = brush(FLAT, [KIND], Controls(stroke_size=size))[0, 0]
        return float(np.abs(np.diff(y, axis=0)).mean() / y.std())

    assert fine(8 / 3) > 1.15 * fine(4.0)


def test_boldness_leaves_nothing_finer_than_a_stroke() -> None:
    photo = np.random.default_rng(1).random(FLAT.shape, np.float32)
    bold = brush(photo, [Brushwork(0.0, 0.0)], Controls(boldness=1))
    assert np.abs(np.diff(bold, axis=3)).mean() < 0.35 * np.abs(np.diff(photo, axis=3)).mean()


def test_the_same_again_and_others_by_seed() -> None:
    again = [brush(FLAT, [KIND], Controls(), seed=s) for s in (0, 0, 1)]
    assert np.array_equal(again[0], again[1]) and not np.array_equal(again[0], again[2])
