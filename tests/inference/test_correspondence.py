"""Which patch of a painting stands for which of a picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.halt import AbandonedError, until
from styler.inference.correspondence import PASSES, SIDES, correspond, origins
from styler.inference.patches import Patches, energy, smooth


def smooth_noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.random((3, -(-height // 8) + 1, -(-width // 8) + 1)).astype(np.float32)
    return np.kron(coarse, np.ones((1, 8, 8), np.float32))[:, :height, :width]


def of_painting(picture: np.ndarray, alpha: np.ndarray | None = None) -> list[Patches]:
    busy = energy(picture - smooth(picture))
    return [Patches.of(picture, busy, side, max(8, side // 4), alpha) for side in SIDES]


def of_picture(picture: np.ndarray) -> list[Patches]:
    found = []
    for side in SIDES:
        sides = [(0, 0)] + [(side // 2, side // 2 + -n % SIDES[0]) for n in picture.shape[1:]]
        padded = np.pad(picture, sides, mode="symmetric")
        busy = energy(padded - smooth(padded))
        found.append(Patches.of(padded, busy, side, side // 2))
    return found


def places(offsets: np.ndarray) -> np.ndarray:
    return origins(SIDES[-1], *offsets.shape[:2]) + offsets


def test_a_piece_of_the_painting_is_found_whole() -> None:
    painting = smooth_noise(192, 256)
    piece = painting[:, 32:160, 64:224]
    inner = correspond(of_picture(piece), of_painting(painting))[2:-4, 2:-4]
    assert (inner == (32, 64)).all(2).mean() > 0.95


@settings(max_examples=15, deadline=None)
@given(st.integers(17, 150), st.integers(17, 150), st.integers(64, 200), st.integers(64, 200))
def test_all_patches_lie_inside_the_painting(h: int, w: int, height: int, width: int) -> None:
    found = places(
        correspond(of_picture(smooth_noise(h, w)), of_painting(smooth_noise(height, width, 1)))
    )
    assert found.min() >= 0
    assert found[..., 0].max() <= height - SIDES[-1] and found[..., 1].max() <= width - SIDES[-1]
    assert found.shape[0] * 8 >= h and found.shape[1] * 8 >= w


def test_colours_find_their_like() -> None:
    painting = np.zeros((3, 128, 128), np.float32)
    painting[0, :, :64], painting[2, :, 64:] = 1, 1
    blue = np.zeros((3, 64, 64), np.float32)
    blue[2] = 0.9
    found = places(correspond(of_picture(blue), of_painting(painting)))
    assert (found[..., 1] >= 64).all()


def test_what_is_flat_is_made_of_large_pieces() -> None:
    painting = 0.5 + 0.02 * (smooth_noise(192, 256) - 0.5)
    offsets = correspond(of_picture(np.full((3, 128, 128), 0.5, np.float32)), of_painting(painting))
    along = (offsets[:, 1:] == offsets[:, :-1]).all(2)
    assert along.mean() > 0.7


def test_what_is_not_seen_is_not_taken() -> None:
    painting = smooth_noise(128, 192)
    alpha = np.zeros((1, 128, 192), np.float32)
    alpha[:, :, :96] = 1
    found = places(correspond(of_picture(painting[:, :, 96:]), of_painting(painting, alpha)))
    assert found[..., 1].max() <= 96 - SIDES[-1]


@pytest.mark.parametrize("seed", range(3))
def test_the_same_again(seed: int) -> None:
    pair = of_picture(smooth_noise(90, 70, seed)), of_painting(smooth_noise(120, 100, seed + 9))
    assert np.array_equal(correspond(*pair), correspond(*pair))


def test_the_search_stops_in_the_middle() -> None:
    picture, painting = (smooth_noise(128, 128, seed) for seed in (0, 1))
    for most in (1, 5, len(SIDES) * PASSES):
        asked = 0

        def called_off(most: int = most) -> bool:
            nonlocal asked
            asked += 1
            return asked == most

        wanted, offered = of_picture(picture), of_painting(painting)
        with until(called_off), pytest.raises(AbandonedError):
            correspond(wanted, offered)
        assert asked == most
