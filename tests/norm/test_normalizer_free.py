"""The variance bookkeeping holds without any statistics, and the blocks train."""

import pickle

import pytest
import torch
import torch.nn.functional as F

from styler.norm import (
    GAINS,
    FixupBlock,
    NormalizerFreeBlock,
    NormalizerFreeStage,
    SkipInit,
    adaptive_clip_,
)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("activation", GAINS)
def test_gains_restore_unit_variance(activation: str) -> None:
    z = torch.randn(2_000_000, dtype=torch.float64)
    y = z if activation == "identity" else getattr(F, activation)(z)
    assert (GAINS[activation] * y).var().item() == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("activation", ["relu", "silu", "gelu"])
def test_variance_is_as_foretold(activation: str) -> None:
    """Through ten blocks and a change of shape, within what sampling and padding allow."""
    first = NormalizerFreeStage(64, depth=5, activation=activation)
    second = NormalizerFreeStage(
        64, 96, depth=5, stride=2, variance=first.out_variance, activation=activation
    )
    x = torch.randn(4, 64, 32, 32)
    with torch.no_grad():
        y = first(x)
        z = second(y)
    assert first.out_variance == pytest.approx(1 + 5 * 0.04)
    assert second.out_variance == pytest.approx(1 + 5 * 0.04)
    inner = (slice(None), slice(None), slice(6, -6), slice(6, -6))
    assert y[inner].var().item() == pytest.approx(first.out_variance, rel=0.15)
    assert z.shape == (4, 96, 16, 16)
    assert z.var().item() == pytest.approx(second.out_variance, rel=0.25)


def test_alpha_zero_is_the_identity() -> None:
    x = torch.randn(1, 8, 5, 5)
    torch.testing.assert_close(NormalizerFreeBlock(8, alpha=0.0)(x), x)


def test_trains_with_adaptive_clipping_at_a_high_rate() -> None:
    stage = torch.nn.Sequential(
        NormalizerFreeStage(3, 16, depth=2), torch.nn.Flatten(), torch.nn.Linear(16 * 64, 2)
    )
    x, y = torch.randn(8, 3, 8, 8), torch.arange(8) % 2
    optimizer = torch.optim.SGD(stage.parameters(), lr=0.3)
    losses = []
    for _ in range(12):
        loss = F.cross_entropy(stage(x), y)
        optimizer.zero_grad()
        loss.backward()
        adaptive_clip_(stage[0].parameters(), clipping=0.02)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_stages_are_pickled_loaded_and_reset() -> None:
    stage = NormalizerFreeStage(4, 6, depth=2, dtype=torch.float64)
    x = torch.randn(1, 4, 5, 5).double()
    torch.testing.assert_close(pickle.loads(pickle.dumps(stage))(x), stage(x))
    torch.manual_seed(3)
    stage.reset_parameters()
    torch.manual_seed(3)
    again = NormalizerFreeStage(4, 6, depth=2, dtype=torch.float64)
    again.reset_parameters()
    assert again[0].first.gain.tolist() == [1.0] * 6


def test_skip_init_and_fixup_start_as_their_shortcut() -> None:
    x = torch.randn(2, 8, 5, 5)
    branch = torch.nn.Conv2d(8, 8, 3, padding=1)
    skip = SkipInit(branch)
    torch.testing.assert_close(skip(x), x)
    skip(x).square().sum().backward()
    assert skip.alpha.grad != 0 and not branch.weight.grad.any()
    torch.testing.assert_close(FixupBlock(8)(x), torch.relu(x))
    wide = FixupBlock(8, 12, stride=2, blocks=4)
    assert wide(x).shape == (2, 12, 3, 3)
    deviation = wide.first.weight.std().item()
    assert deviation == pytest.approx((2 / (12 * 9)) ** 0.5 * 4**-0.5, rel=0.1)
