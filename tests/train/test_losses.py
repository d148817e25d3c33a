"""The losses against formulas written out with numpy."""

import math

import numpy as np
import pytest
import torch

from styler.train.loop import rate
from styler.train.losses import EPS, content_loss, grid_loss, statistics, style_loss, whiten


def maps(seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.rand(2, channels, side, side + 1, generator=generator) * 3
        for channels, side in ((4, 8), (6, 5))
    ]


def test_statistics() -> None:
    for x, (mean, std) in zip(maps(0), statistics(maps(0)), strict=True):
        wide = x.double().numpy()
        np.testing.assert_allclose(mean, wide.mean((2, 3)), rtol=1e-5)
        np.testing.assert_allclose(std, np.sqrt(wide.var((2, 3)) + EPS), rtol=1e-5)


def test_style_loss() -> None:
    expected = np.zeros(2)
    for x, y in zip(maps(0), maps(1), strict=True):
        a, b = x.double().numpy(), y.double().numpy()
        std_a, std_b = (np.sqrt(m.var((2, 3)) + EPS) for m in (a, b))
        gap = (a.mean((2, 3)) - b.mean((2, 3))) ** 2 + (std_a - std_b) ** 2
        expected += gap.mean(1) / (1 + (std_b**2).mean(1)) / 2
    found = style_loss(statistics(maps(0)), statistics(maps(1)))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert style_loss(statistics(maps(0)), statistics(maps(0))).eq(0).all()


def test_content_loss() -> None:
    x, y = maps(0)[0], maps(1)[0]

    def white(m: torch.Tensor) -> np.ndarray:
        a = m.double().numpy()
        std = np.sqrt(a.var((2, 3), keepdims=True) + EPS)
        return (a - a.mean((2, 3), keepdims=True)) / std

    (seen,), (wanted,) = statistics([x]), statistics([y])
    found = content_loss(x, seen, whiten(y, *wanted))
    assert found.item() == pytest.approx(((white(x) - white(y)) ** 2).mean(), rel=1e-4)
    assert content_loss(x, seen, whiten(x, *seen)).item() == 0


def test_content_loss_ignores_palette_and_contrast() -> None:
    x = maps(0)[0] * 20
    moved = 1.7 * x + 4
    (seen,), (wanted,) = statistics([moved]), statistics([x])
    assert content_loss(moved, seen, whiten(x, *wanted)).item() < 1e-4


def test_unrelated_maps_are_two_apart() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = (torch.randn(1, 8, 60, 60, generator=generator) for _ in range(2))
    (a,), (b,) = statistics([x]), statistics([y])
    assert content_loss(x, a, whiten(y, *b)).item() == pytest.approx(2, abs=0.06)


def test_grid_loss_tells_a_grid_from_noise() -> None:
    generator = torch.Generator().manual_seed(0)
    noise = 0.5 + 0.1 * torch.randn(4, 3, 64, 64, generator=generator)
    without = grid_loss(noise).item()
    assert without == pytest.approx(0.6, abs=0.1)
    for period in (2, 4, 8):
        gridded = noise.clone()
        gridded[..., ::period, ::period] += 0.2
        assert grid_loss(gridded).item() > without + 0.2
    assert grid_loss(torch.full((1, 3, 32, 32), 0.3)).item() < 1e-3


def test_grid_loss_goes_down_by_less_grid_not_by_more_noise() -> None:
    picture = 0.5 + 0.1 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    lattice = torch.zeros(64, 64)
    lattice[::4, ::4] = 1
    height, loudness = (torch.tensor(value, requires_grad=True) for value in (0.3, 1.0))
    grid_loss(picture * loudness + height * lattice).backward()  # type: ignore[no-untyped-call]
    assert height.grad is not None
    assert height.grad > 0
    assert loudness.grad is not None
    assert loudness.grad >= 0


def test_losses_have_gradients() -> None:
    x = maps(0)[0].double().requires_grad_()
    (wanted,) = statistics([maps(1)[0].double()])
    target = whiten(maps(1)[0].double(), *wanted)
    assert torch.autograd.gradcheck(lambda x: style_loss(statistics([x]), [wanted]), x)
    assert torch.autograd.gradcheck(lambda x: content_loss(x, statistics([x])[0], target), x)


def test_rate_rises_then_falls_along_a_cosine() -> None:
    assert rate(0, 1000) == pytest.approx(0.01)
    assert rate(49, 10**9) == pytest.approx(0.5)
    assert rate(500, 1000) == pytest.approx(0.02 + 0.98 / 2)
    assert rate(250, 1000) == pytest.approx(0.02 + 0.98 * (1 + math.sqrt(0.5)) / 2)
    assert rate(1000, 1000) == rate(2000, 1000) == pytest.approx(0.02)
