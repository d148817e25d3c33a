"""Strokes move with the scene."""

from itertools import pairwise

import numpy as np

from styler.imaging import blur
from styler.inference.draft import Draft
from tests.inference.test_flow import ground

SHIFT = 6


def framed(x: np.ndarray, number: int) -> np.ndarray:
    left = SHIFT * number
    return np.ascontiguousarray(x[None, :, :, left : left + 120])


def strokes(seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(3, 140, 120))
    return 0.1 * blur(noise.astype(np.float32), 1.5)[None]


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def test_strokes_move_with_the_scene_and_not_with_the_screen() -> None:
    x = ground(140, 200)
    draft, layers = None, []
    for number in range(6):
        frame = framed(x, number)
        after = draft.moved(frame) if draft else None
        brushed = frame + strokes(number)
        brushed = after.brushed(frame, brushed) if after else brushed
        draft = Draft.of(frame, brushed - frame, brushed)
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


def test_nothing_moves_in_a_still_scene() -> None:
    frame = framed(ground(140, 200), 0)
    first = frame + strokes(0)
    again = Draft.of(frame, strokes(0), first).moved(frame)
    assert again is not None
    np.testing.assert_allclose(again.brushed(frame, frame + strokes(1)), first, atol=1e-6)
    np.testing.assert_allclose(again.painted(first), first, atol=1e-6)


def test_another_scene_is_drawn_anew() -> None:
    frame, other = framed(ground(seed=1), 0), framed(ground(seed=2), 0)
    again = Draft.of(frame, strokes(0), frame + strokes(0)).moved(other)
    assert again is not None
    fresh = strokes(1)
    assert likeness(again.brushed(other, other + fresh) - other, fresh) > 0.8
    assert np.abs(again.painted(other) - other).mean() < 0.03


def test_another_size_has_no_draft() -> None:
    frame = framed(ground(), 0)
    assert Draft.of(frame, frame, frame).moved(frame[..., :-9]) is None
