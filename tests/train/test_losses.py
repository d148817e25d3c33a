"""The losses against formulas written out with numpy."""

import math

import numpy as np
import pytest
import torch

from styler.train.loop import rate
from styler.train.losses import (
    EPS,
    FAINT,
    FLAT,
    coherence_loss,
    content_loss,
    contrast_loss,
    grid_loss,
    imitation_loss,
    quantile_loss,
    shift_loss,
    statistics,
    style_distances,
    whiten,
)


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


def test_style_distances() -> None:
    """From each of two outputs to each of two targets."""
    expected = np.zeros((2, 2))
    weights = [torch.linspace(0.5, 1.5, x.shape[1]) for x in maps(0)]
    for x, y, weight in zip(maps(0), maps(1), weights, strict=True):
        a, b, w = x.double().numpy(), y.double().numpy(), weight.double().numpy()
        std_a, std_b = (np.sqrt(m.var((2, 3)) + EPS) for m in (a, b))
        for i, j in np.ndindex(2, 2):
            gap = (a[i].mean((1, 2)) - b[j].mean((1, 2))) ** 2 + (std_a[i] - std_b[j]) ** 2
            expected[i, j] += (w * gap).mean() / (FLAT + (w * std_b[j] ** 2).mean()) / 2
    found = style_distances(statistics(maps(0)), statistics(maps(1)), weights)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    same = style_distances(statistics(maps(0)), statistics(maps(0)), weights)
    assert same.diagonal().eq(0).all()


def test_quantile_loss() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.rand(2, 3, 4, generator=generator) for _ in range(2))
    x, y = a.double().numpy(), b.double().numpy()
    expected = ((x - y) ** 2).mean((1, 2)) / (1 + y.var(2).mean(1))
    assert quantile_loss([a, a], [b, b]).item() == pytest.approx(expected.mean(), rel=1e-5)
    assert quantile_loss([a], [a]).item() == 0


def test_quantiles_tell_apart_what_mean_and_deviation_do_not() -> None:
    even = torch.linspace(-1, 1, 8).expand(1, 1, 8)
    halves = even.sign() * even.square().mean().sqrt()
    assert quantile_loss([halves], [even]).item() > 0.01
    torch.testing.assert_close(halves.var(2), even.var(2))


def test_contrast_loss_wants_the_own_style_nearest() -> None:
    near, far = torch.tensor([[0.1, 0.4], [0.5, 0.1]]), torch.tensor([[0.4, 0.1], [0.1, 0.5]])
    own = torch.arange(2)
    expected = np.log1p(np.exp([-3.0, -4.0])).mean()
    assert contrast_loss(near, own).item() == pytest.approx(expected, rel=1e-4)
    assert contrast_loss(far, own) > contrast_loss(near, own) + 3
    assert contrast_loss(torch.zeros(4, 4), torch.arange(4)).item() == pytest.approx(math.log(4))


class TestCoherence:
    def of(self, x: torch.Tensor, y: torch.Tensor, anchors: int = 64) -> float:
        return coherence_loss(x, y, np.random.default_rng(0), anchors=anchors).item()

    def test_against_a_loop(self) -> None:
        x, y = maps(0)[1], maps(1)[1]  # (2, 6, 5, 6): 3 x 4 places have eight neighbours
        steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
        total = []
        for a, b in zip(x.double().numpy(), y.double().numpy(), strict=True):

            def differences(z: np.ndarray) -> np.ndarray:
                found = [
                    z[:, r, c] - z[:, r + i, c + j]
                    for i, j in steps
                    for r in range(1, 4)
                    for c in range(1, 5)
                ]
                return np.stack([d / np.linalg.norm(d) for d in found])

            likeness = differences(a) @ differences(b).T / 0.07
            peak = likeness.max(1, keepdims=True)
            total.append(np.log(np.exp(likeness - peak).sum(1)) + peak[:, 0] - np.diag(likeness))
        assert self.of(x, y, 12) == pytest.approx(np.concatenate(total).mean(), rel=1e-4)

    def test_is_least_for_the_photo_itself_whatever_its_contrast(self) -> None:
        x, y = maps(0)[0], maps(1)[0]
        assert self.of(3 * x + 1, x) == pytest.approx(self.of(x, x), rel=1e-4)
        assert self.of(y, x) > 3 * self.of(x, x)


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


class TestShift:
    def test_written_out(self) -> None:
        generator = torch.Generator().manual_seed(0)
        still, moved = (torch.rand(2, 3, 24, 32, generator=generator) for _ in range(2))
        a, b = still.double().numpy(), moved.double().numpy()
        grey = a.mean(1)
        means, spread = np.empty_like(grey), np.empty_like(grey)
        for target, values in ((means, lambda: grey), (spread, lambda: (grey - means) ** 2)):
            for y, x in np.ndindex(24, 32):
                window = values()[:, max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
                target[:, y, x] = window.mean((1, 2))
        expected = (abs(b - a) / (np.sqrt(spread) + FAINT)[:, None]).mean()
        assert shift_loss(moved, still, window=5).item() == pytest.approx(expected, rel=1e-4)
        assert shift_loss(still, still).item() == 0

    def test_weighs_where_it_is_seen(self) -> None:
        """The same lattice counts less in foliage than in a sky."""
        generator = torch.Generator().manual_seed(0)
        lattice = torch.zeros(1, 3, 64, 64)
        lattice[..., ::2] = 0.02
        sky = torch.full((1, 3, 64, 64), 0.5)
        foliage = sky + 0.2 * torch.randn(1, 1, 64, 64, generator=generator)
        assert shift_loss(sky + lattice, sky) > 5 * shift_loss(foliage + lattice, foliage)

    def test_goes_down_by_less_difference_not_by_more_contrast(self) -> None:
        still = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        contrast = torch.ones((), requires_grad=True)
        seen = still * contrast
        shift_loss(seen + 0.01, seen).backward()  # type: ignore[no-untyped-call]
        assert contrast.grad is not None
        assert abs(contrast.grad.item()) < 1e-3


def test_losses_have_gradients() -> None:
    x = maps(0)[0].double().requires_grad_()
    (wanted,) = statistics([maps(1)[0].double()])
    target = whiten(maps(1)[0].double(), *wanted)
    weights = [torch.ones(x.shape[1])]
    assert torch.autograd.gradcheck(
        lambda x: style_distances(statistics([x]), [wanted], weights), x
    )
    assert torch.autograd.gradcheck(lambda x: content_loss(x, statistics([x])[0], target), x)


def test_rate_rises_then_falls_along_a_cosine() -> None:
    assert rate(0, 1000) == pytest.approx(0.01)
    assert rate(49, 10**9) == pytest.approx(0.5)
    assert rate(500, 1000) == pytest.approx(0.02 + 0.98 / 2)
    assert rate(250, 1000) == pytest.approx(0.02 + 0.98 * (1 + math.sqrt(0.5)) / 2)
    assert rate(1000, 1000) == rate(2000, 1000) == pytest.approx(0.02)


def test_imitation_sees_pixels_differences_and_means() -> None:
    taught = torch.rand(2, 3, 16, 16)
    assert imitation_loss(taught, taught).item() == 0
    assert imitation_loss(taught + 0.1, taught).item() == pytest.approx(0.2, rel=1e-4)
    checks = 0.1 * (1 - 2.0 * ((torch.arange(16)[:, None] + torch.arange(16)) % 2))
    assert imitation_loss(taught + checks, taught).item() == pytest.approx(0.5, rel=1e-4)
