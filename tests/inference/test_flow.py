"""Optical flow is found, and it is known where it is not."""

import numpy as np
import pytest

from styler.imaging import blur
from styler.inference.flow import flow, trust


def ground(height: int = 140, width: int = 200, seed: int = 0) -> np.ndarray:
    """Texture of all sizes."""
    rng = np.random.default_rng(seed)
    parts = [
        s * blur(rng.normal(0, 1, (3, height, width)).astype(np.float32), s) for s in (1.5, 4, 10)
    ]
    x = sum(parts)
    return np.clip(0.5 + x / (4 * x.std()), 0, 1).astype(np.float32)


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (3, -2), (12, 7)])
def test_shifts_are_found(shift: tuple[int, int]) -> None:
    x, (across, down) = ground(), shift
    before = x[:, 20:-20, 20:-20]
    now = x[:, 20 + down : 120 + down, 20 + across : 180 + across]
    found = flow(now, before)
    off = np.hypot(found[0] - across, found[1] - down)[12:-12, 14:-14]
    assert np.median(off) < 0.1 and np.quantile(off, 0.9) < 0.7
    sure = trust(now, before, found)[0]
    inside = sure[12:-12, 14:-14]
    assert inside.mean() > 0.9
    if across > 5:
        assert sure[:, -3:].max() < 0.01  # it has come in


def test_flat_places_move_with_what_is_around_them() -> None:
    x = ground(140, 200)
    x[:, 40:90, 60:130] = 0.5
    now, before = x[:, 10:-10, 10:-10], x[:, 10:-10, 8:-12]
    found = flow(now, before)
    assert abs(found[0, 55, 85] - 2) < 0.3 and abs(found[1, 55, 85]) < 0.3


def test_another_picture_is_not_trusted() -> None:
    now, before = ground(seed=1), ground(seed=2)
    assert trust(now, before, flow(now, before)).mean() < 0.2
