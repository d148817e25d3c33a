"""What the rubric does not ask of norms of activations: how they start, and odd cases."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm import (
    SPADE,
    AdaIN,
    AdaLIN,
    AdaptiveLayerNorm,
    AdaptiveLayerNormZero,
    Attention,
    ConditionalInstanceNorm,
    DynamicTanh,
    EvoNormS0,
    FilterResponseNorm,
    Float32,
    GlobalResponseNorm,
    LayerInstanceNorm,
    adain,
    adaptive_layer_norm,
    batch_norm,
    covariance,
    dynamic_tanh,
    evonorm_s0,
    filter_response_norm,
    global_response_norm,
    group_norm,
    instance_norm,
    layer_instance_norm,
    layer_norm,
    local_response_norm,
    lp_norm,
    norm,
    norm_act,
    normalize_weight,
    power_mean,
    rms_norm,
    sample_layer_norm,
    scale_norm,
    scaled_standardize_weight,
    switchable_norm,
    whiten,
    whitening_coloring,
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


def test_local_contrast_damps_and_does_not_centre() -> None:
    """A flat map deviates nowhere, so that only the constant damps it."""
    flat = torch.full((1, 8, 7, 7), 5.0)
    torch.testing.assert_close(norm("local_contrast", size=3)(flat), flat * 2**-0.75)


def test_a_condition_for_each_token() -> None:
    x, condition = torch.randn(3, 5, 8), torch.randn(3, 5, 4)
    for kind in (AdaptiveLayerNorm, AdaptiveLayerNormZero):
        m = kind(8, 4)
        nn.init.normal_(m.linear.weight)
        each = torch.stack([m(x[:, i : i + 1], condition[:, i]) for i in range(5)], 1).squeeze(2)
        torch.testing.assert_close(m(x, condition), each)
        for bad in (torch.randn(2, 4), torch.randn(3, 4, 4), torch.randn(4)):
            with pytest.raises(ParameterError):
                m(x, bad)


def test_unbiased_adain_is_that_of_published_code() -> None:
    x, style = maps(), torch.randn(3, 8, 3, 3) * 3
    mean, std = (t[..., None, None] for t in (style.mean((2, 3)), style.std((2, 3))))
    own = x.mean((2, 3), keepdim=True), x.std((2, 3), keepdim=True)
    expected = (x - own[0]) / own[1] * std + mean
    for out in (adain(x, style, 0.0, correction=1), AdaIN(8, eps=0.0, correction=1)(x, style)):
        torch.testing.assert_close(out, expected)
    assert not torch.allclose(adain(x, style), expected, atol=1e-3)


WRONG: dict[str, Callable[[], object]] = {
    "weight of instance": lambda: instance_norm(maps(), torch.ones(7)),
    "bias of group": lambda: group_norm(maps(), 2, None, torch.ones(8, 1)),
    "weight of batch": lambda: batch_norm(maps(), weight=torch.ones(7), training=True),
    "running mean": lambda: batch_norm(maps(), torch.zeros(7), torch.ones(8)),
    "running variance": lambda: batch_norm(maps(), torch.zeros(8), torch.ones(7)),
    "weight of layer": lambda: layer_norm(maps(), (5,), torch.ones(4)),
    "weight of sample": lambda: sample_layer_norm(maps(), torch.ones(3)),
    "weight of rms": lambda: rms_norm(maps(), torch.ones(4)),
    "share": lambda: layer_instance_norm(maps(), torch.ones(7)),
    "slope": lambda: evonorm_s0(maps(), 2, torch.ones(7)),
    "threshold": lambda: filter_response_norm(maps(), threshold=torch.ones(7)),
    "weight of global response": lambda: global_response_norm(maps(), torch.ones(7)),
    "shares of switchable": lambda: switchable_norm(maps(), torch.ones(2), torch.ones(3)),
    "variance of a style": lambda: adain(maps(), (torch.ones(3, 8), torch.ones(3, 7))),
    "index of a style": lambda: ConditionalInstanceNorm(8, 3)(maps(), torch.tensor([0, 1, 3])),
    "styles of other samples": lambda: ConditionalInstanceNorm(8, 3)(maps(), torch.tensor([0, 1])),
    "scale of tanh": lambda: dynamic_tanh(maps(), 0.5, torch.ones(4)),
    "alpha of tanh": lambda: dynamic_tanh(maps(), torch.ones(5)),
    "labels of other samples": lambda: SPADE(8, 2, hidden=4)(maps(), torch.ones(2, 2, 4, 5)),
    "rank of labels": lambda: SPADE(8, 2, hidden=4)(maps(), torch.ones(3, 2)),
    "condition of adalin": lambda: AdaLIN(8, 4)(maps(), torch.ones(2, 4)),
    "scale of adaptive": lambda: adaptive_layer_norm(maps(), torch.ones(3, 7), torch.ones(3, 5)),
    "scale of scale norm": lambda: scale_norm(maps(), torch.ones(7)),
    "rank of attention": lambda: Attention(8, 2)(torch.ones(3, 8)),
    "features of attention": lambda: Attention(8, 2)(torch.ones(3, 5, 7)),
    "batch of an empty rank": lambda: norm("batch", 8)(torch.ones(8)),
    "length of a weight": lambda: normalize_weight(torch.ones(3, 4), torch.ones(3)),
    "gain": lambda: scaled_standardize_weight(torch.randn(3, 4), torch.ones(4)),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_shapes_are_named_with_the_remedy(what: str) -> None:
    with pytest.raises(ParameterError) as caught:
        WRONG[what]()
    assert "\n" not in str(caught.value)


def test_a_norm_with_its_activation() -> None:
    x = maps()
    layer = norm_act("group", 8, groups=2, act="silu")
    torch.testing.assert_close(layer(x), torch.nn.functional.silu(group_norm(x, 2)))
    mask = torch.ones(1, 1, 4, 5)
    mask[..., 2:] = 0
    torch.testing.assert_close(
        norm_act("instance", 8)(x, mask=mask), torch.relu(instance_norm(x, mask=mask))
    )
    assert isinstance(norm_act("batch", 8, act=None).act, nn.Identity)
    assert isinstance(norm_act("batch", 8, act=nn.PReLU).act, nn.PReLU)
    with pytest.raises(ParameterError, match="did you mean 'relu'"):
        norm_act("batch", 8, act="rleu")


def test_float32_keeps_autocast_and_half_parameters_out() -> None:
    seen = []

    class Probe(nn.Module):
        def forward(self, x: Tensor, *rest: Tensor) -> Tensor:
            seen.append((x.dtype, torch.is_autocast_enabled("cpu"), *(r.dtype for r in rest)))
            return x * 3.001

    x = maps().bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = Float32(Probe())(x, x)
    assert seen == [(torch.float32, False, torch.float32)]
    torch.testing.assert_close(out, (x.float() * 3.001).bfloat16(), rtol=0, atol=0)
    inner = nn.GroupNorm(2, 8)
    torch.testing.assert_close(Float32(inner)(x), inner(x.float()).bfloat16(), rtol=0, atol=0)


@pytest.mark.parametrize("p", [1.0, 2.0, 5.0, float("inf")])
def test_power_means_neither_overflow_nor_vanish(p: float) -> None:
    x = torch.randn(3, 8)
    expected = power_mean(x.double(), p)
    for size in (1e-30, 1e30):
        found = power_mean(x * size, p)
        torch.testing.assert_close(found.double() / size, expected, rtol=1e-5, atol=0)
    leaf = torch.zeros(2, 4, requires_grad=True)
    lp_norm(leaf, p).sum().backward()
    assert leaf.grad is not None and leaf.grad.isfinite().all()
    torch.testing.assert_close(lp_norm(x, 2.0, eps=0.0), rms_norm(x, eps=0.0))


def test_a_whitened_sample_has_no_correlation_and_a_coloured_one_the_styles() -> None:
    x, style = maps().double(), torch.randn(1, 8, 9, 9).double().cumsum(1)
    many = x.repeat(1, 1, 4, 4) + torch.randn(3, 8, 16, 20).double()
    mean, matrix = covariance(whiten(many, 0.0))
    torch.testing.assert_close(mean, torch.zeros(3, 8).double())
    torch.testing.assert_close(matrix, torch.eye(8).double().expand(3, 8, 8))
    coloured = covariance(whitening_coloring(many, style, 0.0))
    torch.testing.assert_close(
        coloured, tuple(s.expand_as(t) for s, t in zip(covariance(style), coloured, strict=True))
    )
    torch.testing.assert_close(whitening_coloring(many, many), many)
