"""What the rubric does not ask of norms of activations: how they start, and odd cases."""

import pytest
import torch
from torch import Tensor, nn

from styler.norm import (
    SPADE,
    AdaLIN,
    AdaptiveLayerNorm,
    AdaptiveLayerNormZero,
    ConditionalInstanceNorm,
    DynamicTanh,
    EvoNormS0,
    FilterResponseNorm,
    GlobalResponseNorm,
    LayerInstanceNorm,
    instance_norm,
    layer_instance_norm,
    layer_norm,
    local_response_norm,
    sample_layer_norm,
)


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def maps() -> Tensor:
    return torch.randn(3, 8, 4, 5) * 2 + 1


def test_adaptive_layer_norm_of_no_condition_is_layer_norm() -> None:
    x, nothing = torch.randn(3, 5, 8), torch.zeros(3, 4)
    expected = layer_norm(x, (8,), eps=1e-6)
    torch.testing.assert_close(AdaptiveLayerNorm(8, 4)(x, nothing), expected)


def test_adaptive_layer_norm_zero_starts_as_the_identity_and_learns() -> None:
    branch = nn.Linear(8, 8)
    block, x = AdaptiveLayerNormZero(8, 4, branch), torch.randn(3, 5, 8)
    out = block(x, torch.randn(3, 4))
    assert torch.equal(out, x)
    out.square().sum().backward()
    gate = block.linear.weight.grad[16:]
    assert gate.abs().sum() > 0
    assert branch.weight.grad is not None and not branch.weight.grad.any()  # the gate is closed


def test_starts_are_the_papers() -> None:
    x = maps()
    torch.testing.assert_close(LayerInstanceNorm(8)(x), sample_layer_norm(x))
    half = layer_instance_norm(x, torch.full((8,), 0.9))
    torch.testing.assert_close(AdaLIN(8, 4)(x, torch.zeros(3, 4)), half)
    torch.testing.assert_close(GlobalResponseNorm(8)(x), x)
    rms = x.square().mean((2, 3), keepdim=True)
    torch.testing.assert_close(FilterResponseNorm(8)(x), torch.relu(x / torch.sqrt(rms + 1e-6)))
    assert FilterResponseNorm(8, learn_eps=True).learned_eps.tolist() == pytest.approx([1e-4] * 8)
    assert EvoNormS0(8).slope.tolist() == [1] * 8
    torch.testing.assert_close(DynamicTanh(8, channel_dim=1)(x), torch.tanh(0.5 * x))


def test_shares_are_clipped_where_used_and_come_back() -> None:
    m, x = LayerInstanceNorm(8), maps()
    with torch.no_grad():
        m.share.fill_(1.7)
    out = m(x)
    torch.testing.assert_close(out, instance_norm(x))
    (out * torch.randn_like(out)).sum().backward()
    assert m.share.grad.abs().min() > 0


def test_styles_are_picked_or_mixed() -> None:
    m, x = ConditionalInstanceNorm(8, 3), maps()
    with torch.no_grad():
        for p in m.parameters():
            p.copy_(torch.randn(3, 8))
    picked = m(x, torch.tensor([2, 0, 1]))
    torch.testing.assert_close(picked, m(x, torch.eye(3)[[2, 0, 1]]))
    both = torch.tensor([[0.5, 0.5, 0.0]]).expand(3, 3)
    halves = [m(x, torch.full((3,), style)) for style in (0, 1)]
    torch.testing.assert_close(m(x, both), sum(halves) / 2)


def test_spade_of_a_norm_of_samples_sees_neither_batch_nor_mode() -> None:
    m, x, labels = SPADE(8, 2, hidden=4, norm="instance"), maps(), torch.randn(3, 2, 4, 5)
    torch.testing.assert_close(m(x, labels)[:1], m.eval()(x[:1], labels[:1]))
    assert SPADE(8, 2, dtype=torch.float64).scale.weight.dtype == torch.float64


@pytest.mark.parametrize("size", [1, 2, 4, 5])
def test_local_response_counts_alike_on_both_sides(size: int) -> None:
    """Krizhevsky's sum, channel by channel; an even size takes one more."""
    x, side = maps().double(), size // 2
    expected = torch.empty_like(x)
    for c in range(8):
        energy = x[:, max(0, c - side) : c + side + 1].square().sum(1)
        expected[:, c] = x[:, c] / (2 + 0.1 * energy) ** 0.75
    torch.testing.assert_close(local_response_norm(x, size, alpha=0.1), expected)
