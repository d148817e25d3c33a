"""Placements, norms of attention, the warm-up, and blocks that train with each of them."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from styler.errors import ParameterError
from styler.norm import (
    Attention,
    DeepNorm,
    FixNorm,
    HypersphereResidual,
    QKNorm,
    Residual,
    ScaleNorm,
    TransformerBlock,
    WarmUp,
    deep_norm_gains,
    entry,
    hypersphere_step,
    qk_norm,
    unit_weights_,
)

NORMS = ["layer", "rms", "partial_rms", "scale", "fix", "dynamic_tanh", "none"]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("placement", ["pre", "post"])
def test_block_is_torchs_encoder_layer(placement: str) -> None:
    ours = TransformerBlock(16, 4, placement=placement, hidden=32)
    theirs = nn.TransformerEncoderLayer(
        16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=placement == "pre"
    )
    attention, perceptron = ours.attention, ours.perceptron
    pairs = [
        (theirs.self_attn.in_proj_weight, attention.branch.into.weight),
        (theirs.self_attn.in_proj_bias, attention.branch.into.bias),
        (theirs.self_attn.out_proj.weight, attention.branch.out.weight),
        (theirs.self_attn.out_proj.bias, attention.branch.out.bias),
        (theirs.linear1.weight, perceptron.branch[0].weight),
        (theirs.linear1.bias, perceptron.branch[0].bias),
        (theirs.linear2.weight, perceptron.branch[2].weight),
        (theirs.linear2.bias, perceptron.branch[2].bias),
    ]
    with torch.no_grad():
        for target, source in pairs:
            target.copy_(source)
    x = torch.randn(2, 5, 16)
    torch.testing.assert_close(ours(x), theirs(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("placement", ["pre", "post", "sandwich"])
def test_block_trains_with_each(placement: str, norm: str) -> None:
    """A few steps on one batch must lower the loss, and reach every parameter."""
    block = TransformerBlock(16, 2, norm=norm, placement=placement, hidden=32, qk_norm=True)
    x, target = torch.randn(4, 6, 16), torch.randn(4, 6, 16)
    target = target / target.norm(dim=-1, keepdim=True) * (1.0 if norm == "fix" else 2.0)
    optimizer = torch.optim.Adam(block.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        loss = (block(x) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.85 * losses[0]
    for name, p in block.named_parameters():
        if not name.endswith("into.bias"):  # a third of it is the keys', which shift nothing
            assert p.grad is not None and p.grad.abs().sum() > 0, name


def test_causal_attention_does_not_see_the_future() -> None:
    block = TransformerBlock(16, 2, causal=True)
    x = torch.randn(1, 6, 16)
    changed = x.clone()
    changed[:, 4:] += 1
    torch.testing.assert_close(block(x)[:, :4], block(changed)[:, :4])
    assert not torch.allclose(block(x)[:, 4:], block(changed)[:, 4:])


def test_block_with_query_key_norm_compiles() -> None:
    torch._dynamo.reset()
    block = TransformerBlock(16, 2, qk_norm=True)
    x = torch.randn(2, 5, 16)
    compiled = torch.compile(block, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), block(x))


def test_query_key_norm_bounds_the_logits() -> None:
    q, k = torch.randn(3, 5, 8) * 100, torch.randn(3, 5, 8) * 100
    query, key = qk_norm(q, k, 7.0)
    assert (query @ key.transpose(1, 2)).abs().max() <= 7.0 + 1e-4
    assert QKNorm(length=16).scale.item() == pytest.approx(7.9069, abs=1e-4)  # log2(16^2 - 16)


def test_scale_norms_can_share_their_scale() -> None:
    shared = nn.Parameter(torch.tensor(2.0))
    a, b = ScaleNorm(4, scale=shared), ScaleNorm(4, scale=shared)
    with torch.no_grad():
        shared.fill_(3.0)
    x = torch.randn(2, 4)
    for m in (a, b):
        torch.testing.assert_close(m(x).norm(dim=-1), torch.full((2,), 3.0))
    a.reset_parameters()
    assert shared.item() == 2.0
    assert ScaleNorm(9).scale.item() == 3.0


def test_zero_vectors_stay_zero_with_finite_gradients() -> None:
    x = torch.zeros(2, 4, requires_grad=True)
    out = ScaleNorm(4)(x)
    out.sum().backward()
    assert torch.equal(out, torch.zeros(2, 4))
    assert x.grad is not None and x.grad.isfinite().all()


def test_fix_norm_puts_embeddings_on_a_sphere() -> None:
    embedding = nn.Embedding(10, 4)
    FixNorm(radius=3.0).project_(embedding)
    torch.testing.assert_close(embedding.weight.norm(dim=1), torch.full((10,), 3.0))


def test_placements_are_checked() -> None:
    with pytest.raises(ParameterError, match="placement must be one of pre, post, sandwich"):
        Residual(nn.Identity(), 4, placement="middle")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="did you mean 'layer'"):
        TransformerBlock(8, 2, norm="layr")
    with pytest.raises(ParameterError, match="3 heads do not divide 8"):
        Attention(8, 3)


def rates(after: str, steps: int, count: int) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=2.0)
    schedule = WarmUp(optimizer, steps, after=after)
    out = []
    for _ in range(count):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return out


def test_warm_up_rises_in_a_line_and_then_holds_or_falls() -> None:
    assert rates("constant", 4, 6) == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.0, 2.0])
    fallen = rates("inverse_sqrt", 4, 16)
    assert fallen[:4] == pytest.approx([0.5, 1.0, 1.5, 2.0])
    assert fallen[15] == pytest.approx(1.0)  # 2 * sqrt(4 / 16)


def test_inverse_sqrt_is_vaswanis_formula() -> None:
    d, warm = 512, 10
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=(d * warm) ** -0.5)
    schedule = WarmUp(optimizer, warm, after="inverse_sqrt")
    for t in range(1, 30):
        expected = d**-0.5 * min(t**-0.5, t * warm**-1.5)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)
        optimizer.step()
        schedule.step()


def test_warm_up_resumes() -> None:
    parameter = nn.Parameter(torch.zeros(1))
    first = torch.optim.SGD([parameter], lr=1.0)
    schedule = WarmUp(first, 10)
    for _ in range(4):
        first.step()
        schedule.step()
    second = torch.optim.SGD([parameter], lr=1.0)
    second.load_state_dict(deepcopy(first.state_dict()))
    resumed = WarmUp(second, 10)
    resumed.load_state_dict(schedule.state_dict())
    for s, o in ((schedule, first), (resumed, second)):
        o.step()
        s.step()
    assert second.param_groups[0]["lr"] == first.param_groups[0]["lr"] == pytest.approx(0.6)


def test_warm_up_is_checked() -> None:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    for bad in ({"steps": 0}, {"steps": 3, "after": "never"}):
        with pytest.raises(ParameterError):
            WarmUp(optimizer, **bad)  # type: ignore[arg-type]


def test_the_radius_of_fix_norm_can_be_learned() -> None:
    m, x = FixNorm(4, radius=2.0, learned=True), torch.randn(3, 4)
    assert [name for name, _ in m.named_parameters()] == ["radius"]
    torch.testing.assert_close(m(x).norm(dim=-1), torch.full((3,), 2.0))
    m(x).sum().backward()
    assert m.radius.grad is not None and m.radius.grad != 0
    again = FixNorm(4, learned=True)
    again.load_state_dict(m.state_dict())
    torch.testing.assert_close(again(x), m(x))
    with torch.no_grad():
        m.radius.fill_(7.0)
    m.reset_parameters()
    assert m.radius == 2.0
    assert not list(FixNorm(4).parameters())


def test_attention_with_learned_norms_of_each_head() -> None:
    for kind in ("rms", "layer"):
        attention = Attention(16, 4, qk_norm=kind)
        assert attention.qk_norm.query_weight.shape == (4, 4)
        x = torch.randn(2, 5, 16)
        torch.testing.assert_close(attention(x)[0], attention(x[:1])[0])
        with torch.no_grad():
            attention.into.weight[:32] *= 100  # queries and keys: their size does not matter
            attention.into.bias.zero_()
        big = attention(x)
        with torch.no_grad():
            attention.into.weight[:32] *= 100
        torch.testing.assert_close(attention(x), big, rtol=1e-3, atol=1e-3)


def test_states_stay_on_the_sphere_and_weights_are_put_back() -> None:
    block, x = HypersphereResidual(nn.Linear(8, 8), 8), torch.randn(3, 5, 8)
    x = x / x.norm(dim=-1, keepdim=True)
    torch.testing.assert_close(block(x).norm(dim=-1), torch.ones(3, 5))
    torch.testing.assert_close(block.alpha, torch.full((8,), 0.05))
    torch.testing.assert_close(hypersphere_step(x, x * 7, 0.3), x)
    target = torch.randn(3, 5, 8)
    unit = target / target.norm(dim=-1, keepdim=True)
    torch.testing.assert_close(hypersphere_step(x, target, 1.0), unit)
    unit_weights_(block)
    torch.testing.assert_close(block.branch.weight.norm(dim=1), torch.ones(8))
    with pytest.raises(ParameterError, match="has no rows"):
        unit_weights_([torch.ones(3)])


def test_deep_norm_weighs_by_depth() -> None:
    assert deep_norm_gains(18) == pytest.approx((36**0.25, 144**-0.25))
    assert entry("peri_ln") is entry("sandwich_norm")
    x = torch.randn(2, 5, 8)
    silent = DeepNorm(nn.Linear(8, 8), 8, layers=18)
    nn.init.zeros_(silent.branch.weight)
    nn.init.zeros_(silent.branch.bias)
    torch.testing.assert_close(silent(x), nn.functional.layer_norm(x, (8,)), rtol=1e-4, atol=1e-4)


def test_blocks_are_built_where_they_are_wanted_and_reset() -> None:
    block = TransformerBlock(8, 2, placement="sandwich", qk_norm=True, dtype=torch.float64)
    assert {p.dtype for p in block.parameters()} == {torch.float64}
    empty = TransformerBlock(8, 2, placement="sandwich", qk_norm="layer", device="meta")
    empty.to_empty(device="cpu")
    for p in empty.parameters():
        nn.init.constant_(p, float("nan"))
    empty.reset_parameters()
    assert empty(torch.randn(1, 3, 8)).isfinite().all()
