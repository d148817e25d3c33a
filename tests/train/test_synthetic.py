"""Styles drawn by code."""

import numpy as np
import pytest

from styler.train.synthetic import HANDS, draw


@pytest.mark.parametrize("hand", HANDS)
def test_every_hand_fills_the_picture_with_its_own_texture(hand: str) -> None:
    for seed in range(3):
        pixels = np.asarray(draw(np.random.default_rng(seed), 96, hand), float)
        assert pixels.shape == (96, 96, 3)
        quarters = [pixels[i : i + 48, j : j + 48] for i in (0, 48) for j in (0, 48)]
        assert min(quarter.std() for quarter in quarters) > 4


def test_drawn_again_alike_and_otherwise_with_another_seed() -> None:
    first, again, other = (np.asarray(draw(np.random.default_rng(s), 64)) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
