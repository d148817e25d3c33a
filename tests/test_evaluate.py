"""The measures of an evaluation: each is right on pictures whose value is known."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from styler import Stylizer
from styler.evaluate import (
    Scores,
    border_change,
    content_distance,
    evaluate,
    grid_energy,
    noise_gain,
    psnr,
    shift_error,
    ssim,
    style_distance,
)
from styler.model import Vgg


def picture(seed: int, height: int = 64, width: int = 72) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height: int = 128, width: int = 128) -> np.ndarray:
    y, x = np.mgrid[:height, :width] / 128
    waves = np.stack([np.sin(5 * x + y), np.cos(3 * y), x * y], 2)
    return np.uint8(127 + 100 * waves / np.abs(waves).max())


def same(pixels: np.ndarray) -> np.ndarray:
    return pixels


def test_psnr_of_equal_and_of_known_error() -> None:
    a = picture(0)
    assert psnr(a, a) == float("inf")
    flat = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(flat, flat + np.uint8(10)) == pytest.approx(20 * np.log10(25.5))


def test_ssim_is_one_for_equal_and_near_zero_for_unrelated() -> None:
    assert ssim(picture(0), picture(0)) == pytest.approx(1)
    assert abs(ssim(picture(0), picture(1))) < 0.1


@pytest.mark.parametrize("period", [2, 4, 8])
def test_grid_energy_rises_with_a_grid(period: int) -> None:
    clean = smooth()
    gridded = clean.copy()
    gridded[::period] -= 5
    gridded[:, ::period] -= 5
    assert grid_energy(gridded) > 3 * grid_energy(clean)


def test_grid_energy_of_noise_is_near_one() -> None:
    assert grid_energy(picture(0, 256, 256)) == pytest.approx(1, abs=0.5)


def test_border_change_compares_the_frame_with_the_interior() -> None:
    photo = np.zeros((96, 96, 3), np.uint8)
    painted = np.full_like(photo, 10)
    assert border_change(photo, painted) == pytest.approx(1)
    painted[:16] = 20
    painted[-16:] = 20
    painted[:, :16] = 20
    painted[:, -16:] = 20
    assert border_change(photo, painted) == pytest.approx(2)


def test_shift_and_noise_of_the_identity() -> None:
    photo = smooth()
    assert shift_error(same, photo, photo) == 0
    assert noise_gain(same, photo, photo) == pytest.approx(1)
    assert noise_gain(lambda pixels: photo, photo, photo) == 0


def test_distances_against_the_formula() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 5, 6, 7))
    mean, target = a.mean((2, 3)), b.mean((2, 3))
    expected = ((mean - target) ** 2 + (a.std((2, 3)) - b.std((2, 3))) ** 2).mean()
    expected /= b.var((2, 3)).mean()
    statistics = [
        [(torch.from_numpy(x.mean((2, 3))), torch.from_numpy(x.var((2, 3))))] for x in (a, b)
    ]
    assert style_distance(*statistics) == pytest.approx(expected)
    white = [(x - x.mean((2, 3), keepdims=True)) / x.std((2, 3), keepdims=True) for x in (a, b)]
    distance = content_distance(torch.from_numpy(a), torch.from_numpy(b))
    assert distance == pytest.approx(((white[0] - white[1]) ** 2).mean(), rel=1e-4)


def test_evaluate_measures_every_pair_at_every_strength() -> None:
    torch.manual_seed(0)
    judge = Vgg().eval().requires_grad_(False)
    photos, paintings = [smooth(64, 80)], [picture(2), picture(3)]
    none, full = evaluate(Stylizer(), photos, paintings, judge, strengths=(0.0, 1.0))
    assert (none.strength, none.pairs, none.content, none.ssim) == (0, 2, 0, pytest.approx(1))
    assert none.shift == 0 and none.grid == pytest.approx(1)
    assert full.content > 0 and full.style < none.style
    assert all(np.isfinite(value) for value in asdict(full).values())
    assert isinstance(full, Scores)
