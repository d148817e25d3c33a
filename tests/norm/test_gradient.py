"""Gradients made shorter or of one length, in place."""

import pytest
import torch
from torch import nn

from styler.norm import (
    adaptive_clip_,
    clip_gradient_norm_,
    normalize_gradient_,
    orthogonalize,
    orthogonalize_gradient_,
)


def model() -> nn.Module:
    torch.manual_seed(0)
    m = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 4))
    m(torch.randn(2, 2, 4, 4) * 10).square().sum().backward()
    return m


def joint(m: nn.Module) -> float:
    parts = [p.grad.flatten() for p in m.parameters() if p.grad is not None]
    return float(torch.cat(parts).norm())


def test_normalized_gradients_have_the_length_asked_for() -> None:
    m = model()
    before, directions = joint(m), [p.grad.clone() for p in m.parameters()]
    assert normalize_gradient_(m.parameters(), 0.5).item() == pytest.approx(before, rel=1e-5)
    assert joint(m) == pytest.approx(0.5, rel=1e-5)
    for p, d in zip(m.parameters(), directions, strict=True):
        torch.testing.assert_close(p.grad * (before / 0.5), d)


def test_no_gradient_and_zero_gradient() -> None:
    p = nn.Parameter(torch.ones(3))
    assert normalize_gradient_([p]).item() == 0
    adaptive_clip_([p])
    p.grad = torch.zeros(3)
    normalize_gradient_(p)
    adaptive_clip_(p)
    assert torch.equal(p.grad, torch.zeros(3))


@pytest.mark.parametrize("kind", [1.0, 2.0, float("inf")])
def test_clipping_shortens_long_ones_and_leaves_short_ones(kind: float) -> None:
    m, twin = model(), model()
    total = clip_gradient_norm_(m.parameters(), 1.0, kind)
    torch.testing.assert_close(total, nn.utils.clip_grad_norm_(twin.parameters(), 1.0, kind))
    for a, b in zip(m.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)
    before = [p.grad.clone() for p in m.parameters()]
    clip_gradient_norm_(m.parameters(), 1e6)
    for p, g in zip(m.parameters(), before, strict=True):
        assert torch.equal(p.grad, g)


def test_adaptive_clipping_is_unit_by_unit() -> None:
    weight = nn.Parameter(torch.ones(3, 4, 2, 2))
    weight.grad = torch.stack([torch.full((4, 2, 2), g) for g in (1e-4, 1.0, 1e3)])
    adaptive_clip_([weight], clipping=0.01)
    lengths = weight.grad.flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, torch.tensor([4e-4, 0.04, 0.04]))


def test_adaptive_clipping_lets_zero_weights_grow() -> None:
    bias = nn.Parameter(torch.zeros(5))
    bias.grad = torch.ones(5)
    adaptive_clip_([bias], clipping=0.1, eps=1e-2)
    assert bias.grad.norm().item() == pytest.approx(1e-3)


def test_adaptive_clipping_skips_what_it_is_told_to() -> None:
    m, twin = model(), model()
    adaptive_clip_(m, skip=[m[2]])
    adaptive_clip_(twin.parameters())
    assert not torch.equal(m[2].weight.grad, twin[2].weight.grad)
    assert torch.equal(m[2].weight.grad, model()[2].weight.grad)
    assert torch.equal(m[0].weight.grad, twin[0].weight.grad)
    assert torch.equal(m[0].bias.grad, twin[0].bias.grad)


def test_half_precision_does_not_overflow() -> None:
    """Norms above 65504, the largest half, are taken in float32."""
    p = nn.Parameter(torch.ones(1, 40_000, dtype=torch.float16))
    for shorten, length in (
        (lambda: normalize_gradient_(p, 2.0), 2.0),
        (lambda: clip_gradient_norm_(p, 2.0), 2.0),
        (lambda: adaptive_clip_(p, 0.01), 2.0),
    ):
        p.grad = torch.full_like(p, 1000)
        shorten()
        assert p.grad.float().norm().item() == pytest.approx(length, rel=1e-3)


def test_orthogonalized_gradients_have_singular_values_near_one() -> None:
    for shape in ((6, 9), (9, 6), (4, 3, 3, 3)):
        g = torch.randn(shape)
        values = torch.linalg.svdvals(orthogonalize(g).flatten(1))
        assert values.min() > 0.6 and values.max() < 1.3
    p, bias = nn.Parameter(torch.randn(5, 5)), nn.Parameter(torch.randn(5))
    p.grad, bias.grad = torch.randn(5, 5), torch.randn(5)
    before = bias.grad.clone()
    expected = orthogonalize(p.grad)
    orthogonalize_gradient_([p, bias])
    torch.testing.assert_close(p.grad, expected)
    assert torch.equal(bias.grad, before)
    assert torch.equal(orthogonalize(torch.zeros(3, 3)), torch.zeros(3, 3))


def test_units_of_transposed_convolutions_are_their_outputs() -> None:
    layer = nn.ConvTranspose2d(4, 3, 2, bias=False)
    layer.weight.grad = torch.randn_like(layer.weight) * 100
    adaptive_clip_(layer, 0.01)
    lengths = layer.weight.grad.transpose(0, 1).flatten(1).norm(dim=1)
    own = layer.weight.detach().transpose(0, 1).flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, 0.01 * own)
