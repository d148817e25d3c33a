"""Strokes move with the scene."""

from itertools import pairwise

import numpy as np

from styler.inference.draft import Draft
from styler.inference.steady import Draw
from styler.inference.strokes import noise
from tests.inference.test_flow import ground

SHIFT = 6


def framed(x: np.ndarray, number: int) -> np.ndarray:
    left = SHIFT * number
    return np.ascontiguousarray(x[None, :, :, left : left + 120])


def strokes(seed: int) -> np.ndarray:
    from styler.imaging import blur

    return 0.1 * blur(noise(3, 140, 120, seed), 1.5)[None]


def drawing(frame: np.ndarray, other: int = 0) -> Draw:
    """What draws strokes of a noise that can be moved."""
    return lambda _, roll: frame + np.roll(strokes(other), roll, (2, 3))


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_strokes_move_with_the_scene_and_not_with_the_screen() -> None:
    x = ground(140, 200)
    draft, layers = None, []
    for number in range(6):
        frame = framed(x, number)
        after = draft.moved(frame) if draft else None
        draw = drawing(frame)
        brushed = after.brushed(frame, draw) if after else draw(0, (0, 0))
        draft = Draft.of(frame, brushed, brushed, after.drift if after else None)
        layers.append((brushed - frame)[0])
    middle = np.s_[:, 20:-20, 20:80]
    for before, now in pairwise(layers):
        with_scene = likeness(now[middle], before[:, 20:-20, 20 + SHIFT : 80 + SHIFT])
        assert with_scene > 0.95
        assert abs(likeness(now[middle], before[middle])) < 0.5
    first, last = layers[0][middle].std(), layers[-1][middle].std()
    assert 0.8 < last / first < 1.25  # neither faded nor piled up
    new = layers[-1][:, 20:-20, -5 * SHIFT + 1 :]  # what has come in is brushed, too
    assert 0.7 < new.std() / first < 1.3
    whole = np.roll(strokes(0), (0, -60 - 5 * SHIFT), (2, 3))[0][:, 20:-20, -5 * SHIFT + 1 :]
    assert likeness(new, whole) > 0.8  # and of one piece


def test_nothing_moves_in_a_still_scene() -> None:
    frame = framed(ground(140, 200), 0)
    first = frame + strokes(0)
    draft = Draft.of(frame, first, first)
    again = draft.moved(frame)
    assert again is not None
    np.testing.assert_allclose(again.brushed(frame, drawing(frame, 1)), first, atol=1e-6)
    np.testing.assert_allclose(again.painted(first), first, atol=1e-6)


def test_another_scene_is_drawn_anew() -> None:
    frame, other = framed(ground(seed=1), 0), framed(ground(seed=2), 0)
    first = frame + strokes(0)
    again = Draft.of(frame, first, first).moved(other)
    assert again is not None
    draw = drawing(other, 1)
    across, down = np.rint(again.drift[:2]).astype(int)
    half = (0, -60) if abs(again.drift[0]) >= abs(again.drift[1]) else (-70, 0)
    fresh = np.roll(strokes(1), (half[0] - down, half[1] - across), (2, 3))
    assert likeness(again.brushed(other, draw) - other, fresh) > 0.8
    assert np.abs(again.painted(other) - other).mean() < 0.03


def test_another_size_has_no_draft() -> None:
    frame = framed(ground(), 0)
    assert Draft.of(frame, frame, frame).moved(frame[..., :-9]) is None
