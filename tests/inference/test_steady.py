"""Frames of a moving picture do not flicker."""

import numpy as np
import pytest

from styler import Stylizer
from styler.imaging import Animation, Picture
from tests.networks import picture


@pytest.fixture(scope="module")
def stylizer() -> Stylizer:
    return Stylizer(threads=1)


def painted(stylizer: Stylizer, *frames: np.ndarray, **controls: float) -> list[np.ndarray]:
    style = stylizer.style(picture(50, 61, seed=5) // 2 + np.array([80, 0, 40], np.uint8))
    still = Animation(tuple(map(Picture, frames)), (100.0,) * len(frames))
    moved = stylizer.animate(still, style, **controls)
    assert moved.durations == still.durations and moved.loop == still.loop
    return [frame.rgb for frame in moved.frames]


@pytest.mark.parametrize("controls", [{}, {"strength": 0.6}])
def test_what_enters_does_not_change_what_stays(
    stylizer: Stylizer, controls: dict[str, float]
) -> None:
    before = picture(64, 160)
    after = before.copy()
    after[:, 96:] = (255, 40, 0)
    style = stylizer.style(picture(50, 61, seed=5) // 2 + np.array([80, 0, 40], np.uint8))
    alone = [stylizer.stylize(frame, style, **controls) for frame in (before, after)]
    together = painted(stylizer, before, after, **controls)
    far = np.s_[:, :32]

    def flicker(pair: list[np.ndarray]) -> float:
        return float(np.abs(pair[0][far].astype(int) - pair[1][far]).mean())

    assert flicker(together) < 0.2 * flicker(alone)


def test_equal_frames_are_painted_as_one_picture(stylizer: Stylizer) -> None:
    frames = painted(stylizer, *[picture(40, 52)] * 3)
    style = stylizer.style(picture(50, 61, seed=5) // 2 + np.array([80, 0, 40], np.uint8))
    expected = stylizer.stylize(picture(40, 52), style)
    for frame in frames:
        assert np.abs(frame.astype(int) - expected).max() <= 1


def test_a_black_frame_ahead_does_no_harm(stylizer: Stylizer) -> None:
    frames = painted(stylizer, np.zeros((40, 52, 3), np.uint8), picture(40, 52), picture(40, 52))
    alone = stylizer.stylize(
        picture(40, 52),
        stylizer.style(picture(50, 61, seed=5) // 2 + np.array([80, 0, 40], np.uint8)),
    )
    assert np.array_equal(frames[1], frames[2])
    assert 0.5 < frames[1].std() / alone.std() < 2
