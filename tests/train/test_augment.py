"""The second views of a photo."""

import numpy as np
import torch

from styler.train.augment import BEND, MOVE, PERIOD, Shift, View


def ramp(size: int = 64) -> torch.Tensor:
    """Red grows by one unit a column, green by one unit a row, of ``size`` units."""
    rows, columns = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return torch.stack((columns, rows, 0 * rows)).float()[None].repeat(4, 1, 1, 1) / size


def test_a_shift_begins_later_and_makes_nothing_up() -> None:
    photos = ramp()
    seen = Shift(3, 5)(photos)
    assert seen.shape == (4, 3, 56, 56)
    assert torch.equal(seen[:, :, 0, 0] * 64, torch.tensor([5.0, 3.0, 0.0]).expand(4, 3))


def test_shifts_are_all_those_within_a_period_but_none() -> None:
    rng = np.random.default_rng(0)
    drawn = {(shift.down, shift.right) for shift in (Shift.draw(rng) for _ in range(2000))}
    assert drawn == {(y, x) for y in range(PERIOD) for x in range(PERIOD)} - {(0, 0)}


def test_a_view_is_moved_by_some_pixels_and_bent_smoothly() -> None:
    photos = ramp()
    view = View.draw(np.random.default_rng(0), photos)
    shift = ((view(photos) - photos) * 64)[:, :2, 16:-16, 16:-16]
    assert shift.abs().max() < MOVE + 2 * BEND
    assert shift.mean((2, 3)).abs().max() > 1
    assert shift.std((2, 3)).max() > 0.3
    assert shift.diff(dim=3).abs().max() < 1.5


def test_noise_is_added_where_asked() -> None:
    photos = torch.full((2, 3, 32, 32), 0.5)
    view = View.draw(np.random.default_rng(0), photos, sigma=0.02)
    torch.testing.assert_close(view(photos), photos)
    assert 0.018 < view(photos, noise=True).std().item() < 0.022


def test_the_same_generator_gives_the_same_view() -> None:
    photos = ramp(32)
    first, again = (View.draw(np.random.default_rng(3), photos)(photos, noise=True) for _ in "ab")
    assert torch.equal(first, again)
