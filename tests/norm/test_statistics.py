"""Moments, merging and masks, which all norms of maps stand on."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from styler.errors import ParameterError
from styler.norm import adain, filter_response_norm, group_norm, instance_norm, moments, norm
from styler.norm.moments import _at_once, _one_by_one
from styler.norm.statistics import (
    channel_energy,
    channel_moments,
    channel_rescale,
    masked_moments,
    merge,
)


def maps(seed: int = 0, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape or (3, 4, 5, 6), generator=generator, dtype=torch.float64) * 2 + 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_moments_are_var_mean(dtype: torch.dtype, memory: torch.memory_format) -> None:
    x = maps().to(dtype).to(memory_format=memory)
    mean, variance = moments(x)
    assert (
        mean.dtype == variance.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    )
    expected = torch.var_mean(x.double(), (2, 3), correction=0)
    torch.testing.assert_close(mean.double(), expected[1], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(variance.double(), expected[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_a_batch_at_once_is_its_samples_one_by_one(memory: torch.memory_format) -> None:
    """What a GPU does is what a CPU does: also for part of a map, a thousand deviations off."""
    x = (maps() + 1000).float().to(memory_format=memory)[:, :, 1:, :-1]
    for a, b in zip(_at_once(x, torch.float32), _one_by_one(x, torch.float32), strict=True):
        assert a.shape == b.shape == (3, 4)
        torch.testing.assert_close(a, b, rtol=1e-4, atol=0)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_variance_does_not_cancel(memory: torch.memory_format) -> None:
    """A thousand deviations from zero, float32 keeps three digits of the deviation at least."""
    x = (torch.randn(2, 4, 64, 64, generator=torch.Generator().manual_seed(0)) + 1000).to(
        memory_format=memory
    )
    exact = x.double().var((2, 3), correction=0)
    torch.testing.assert_close(moments(x)[1].double(), exact, rtol=1e-3, atol=0)
    out = instance_norm(x)
    assert out.is_contiguous(memory_format=memory)
    reference = instance_norm(x.double())
    torch.testing.assert_close(out.double(), reference, rtol=0, atol=5e-3)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("masked", [False, True])
def test_gradients_of_moments(memory: torch.memory_format, masked: bool) -> None:
    x = maps().to(memory_format=memory).requires_grad_()
    mask = torch.rand(3, 1, 5, 6, dtype=torch.float64) if masked else None
    assert torch.autograd.gradcheck(lambda t: moments(t, mask), (x,))


def test_moments_of_nothing_are_zero() -> None:
    mean, variance = moments(maps(), torch.zeros(3, 1, 5, 6))
    assert torch.equal(mean, torch.zeros_like(mean))
    assert torch.equal(variance, torch.zeros_like(variance))


@given(st.integers(1, 4), st.integers(0, 999))
@settings(deadline=None, max_examples=25)
def test_any_partition_merges_to_the_whole(cut: int, seed: int) -> None:
    x = maps(seed)
    mask = torch.rand(3, 1, 5, 6, generator=torch.Generator().manual_seed(seed)).double()
    whole, mass = channel_moments(x, mask)
    parts = [channel_moments(x[:, :, s], mask[:, :, s]) for s in (slice(cut), slice(cut, None))]
    stats = tuple(torch.stack([p[0][i] for p in parts]) for i in range(2))
    merged, total = merge((stats[0], stats[1]), torch.stack([p[1] for p in parts]), 0)
    for a, b in zip(merged, whole, strict=True):
        torch.testing.assert_close(a[0], b, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(total[0], mass.expand(3, 4))


def test_masked_moments_over_any_axes() -> None:
    x, ones = maps(), torch.ones(4, 1, 1)
    plain = masked_moments(x, (1,))
    for a, b in zip(masked_moments(x, (1,), ones), plain, strict=True):
        torch.testing.assert_close(a, b)


def test_normalized_by_frozen_statistics_tiles_equal_the_whole() -> None:
    x, style = maps(0, 1, 4, 8, 8), maps(1, 1, 4, 3, 3)
    stats = moments(x)
    whole = adain(x, style)
    tiles = [adain(t, moments(style), stats=stats) for t in x.split(3, 2)]
    torch.testing.assert_close(torch.cat(tiles, 2), whole)


def test_gradient_flows_to_the_style_and_its_statistics() -> None:
    x, style = maps().requires_grad_(), maps(1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: adain(a, b), (x, style), fast_mode=True)
    last = x.detach().to(memory_format=torch.channels_last).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: adain(a, b), (last, style), fast_mode=True)


def test_second_derivatives() -> None:
    x, style = maps(0, 2, 2, 3, 3).requires_grad_(), maps(1, 2, 2, 3, 3).requires_grad_()
    assert torch.autograd.gradgradcheck(lambda a, b: adain(a, b), (x, style), fast_mode=True)
    assert torch.autograd.gradgradcheck(moments, (x,), fast_mode=True)


def test_what_does_not_fit_is_named() -> None:
    x = maps()
    with pytest.raises(ParameterError, match=r"mask of shape \(2, 1, 5, 6\) does not fit"):
        moments(x, torch.ones(2, 1, 5, 6))
    with pytest.raises(ParameterError, match=r"maps \(N, C, H, W\), not of shape \(3, 4, 5\)"):
        moments(x[..., 0])
    with pytest.raises(ParameterError, match=r"give \(3, 4\) or \(1, 4\)"):
        instance_norm(x, stats=(torch.zeros(2, 4), torch.ones(2, 4)))
    with pytest.raises(ParameterError, match=r"mask of shape \(2, 1, 5, 6\) does not fit"):
        instance_norm(x, mask=torch.ones(2, 1, 5, 6))
    with pytest.raises(ParameterError, match="style statistics of shape"):
        adain(x, (torch.zeros(2, 4), torch.ones(2, 4)))
    with pytest.raises(ParameterError, match="style_mask needs style features"):
        adain(x, moments(x), style_mask=torch.ones(1, 1, 5, 6))


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_maps_of_one_value_become_the_bias(batch: int, memory: torch.memory_format) -> None:
    x = maps(0, batch, 4, 1, 1).to(memory_format=memory)
    weight, bias = torch.full((4,), 2.0).double(), torch.arange(4.0).double()
    expected = bias.expand(batch, 4)[:, :, None, None]
    for out in (
        instance_norm(x, weight, bias),
        group_norm(x, 4, weight, bias),
        adain(x, (bias[None], weight[None])),
    ):
        torch.testing.assert_close(out, expected, check_stride=False)


def test_a_batch_of_no_samples_passes() -> None:
    x = torch.zeros(0, 4, 5, 5)
    style = (torch.zeros(1, 4), torch.ones(1, 4))
    for out in (instance_norm(x), group_norm(x, 2), adain(x, style), filter_response_norm(x)):
        assert out.shape == x.shape
    assert moments(x)[1].shape == (0, 4)


def test_function_transforms_see_through_moments() -> None:
    """Gradients of each sample by torch.func, as they come one by one."""
    x = maps(0, 3, 2, 4, 5, 5)

    def loss(t: Tensor) -> Tensor:
        return filter_response_norm(t).pow(3).sum()

    each = torch.func.vmap(torch.func.grad(loss))(x)
    torch.testing.assert_close(each, torch.stack([torch.func.grad(loss)(t) for t in x]))


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5), (3, 4, 5, 6), (3, 4, 2, 3, 2)])
@pytest.mark.parametrize("own", [(), (1,), (3,)])
def test_channels_are_rescaled_alike_in_every_format(
    shape: tuple[int, ...], own: tuple[int, ...]
) -> None:
    x, scale, shift = maps(0, *shape), maps(1, *own, 4), maps(2, 4)
    ones = [1] * (len(shape) - 2)
    expected = x * scale.reshape(-1, 4, *ones) + shift.reshape(1, 4, *ones)
    views = [x, x.movedim(1, -1).contiguous().movedim(-1, 1), x.flip(0).contiguous().flip(0)]
    for view in views:
        got = channel_rescale(view, scale, shift)
        torch.testing.assert_close(got, expected, check_stride=False)
    half = channel_rescale(x.half(), scale.float(), shift.float())
    assert half.dtype == torch.float16
    torch.testing.assert_close(half.double(), expected, rtol=2e-3, atol=2e-2)
    mixed = channel_rescale(x.float(), scale, shift)
    assert mixed.dtype == torch.float32


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5), (3, 4, 5, 6)])
def test_energy_is_the_sum_of_squares(shape: tuple[int, ...]) -> None:
    x, mask = maps(0, *shape), torch.rand(3, 1, *shape[2:]).double()
    for weights in (None, mask):
        seen = torch.ones_like(mask) if weights is None else weights
        energy, mass = channel_energy(x, weights)
        torch.testing.assert_close(energy, (x.square() * seen).reshape(3, 4, -1).sum(2))
        torch.testing.assert_close(mass, seen.reshape(3, 1, -1).sum(2))
    assert torch.autograd.gradcheck(lambda t: channel_energy(t)[0], (x.requires_grad_(),))


@pytest.mark.parametrize("groups", [1, 2, 8])
def test_groups_do_not_cancel_in_channels_last(groups: int) -> None:
    x = torch.randn(2, 8, 16, 16, generator=torch.Generator().manual_seed(0)) + 1000
    exact = group_norm(x.double(), groups)
    last = x.to(memory_format=torch.channels_last).requires_grad_()
    out = group_norm(last, groups)
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out.detach().double(), exact, rtol=0, atol=2e-4)
    direction = torch.randn_like(x)
    out.backward(direction)
    leaf = x.double().requires_grad_()
    group_norm(leaf, groups).backward(direction.double())
    torch.testing.assert_close(last.grad.double(), leaf.grad, rtol=0, atol=2e-3)


def test_what_is_masked_out_may_be_anything() -> None:
    x = maps()
    mask = torch.ones(3, 1, 5, 6).double()
    mask[:, :, :2] = 0
    for hole in (float("nan"), float("inf")):
        dirty = torch.where(mask > 0, x, hole)
        for name, args in (
            *((name, (4,)) for name in ("instance", "group", "sample_layer", "batch")),
            *((name, (4,)) for name in ("switchable", "filter_response", "global_response")),
            ("batch_group", (4, 2)),
            ("subtractive_divisive", (4,)),
            ("divisive", (4,)),
            ("local_contrast", (4,)),
        ):
            clean = norm(name, *args).double()(x, mask)
            torch.testing.assert_close(
                norm(name, *args).double()(dirty, mask)[:, :, 2:], clean[:, :, 2:]
            )
    features = torch.tensor([1.0, 1, 0, 1])
    row = torch.tensor([[1.0, 2, float("nan"), 3]])
    for name in ("layer", "rms"):
        out = norm(name, 4)(row, features)
        clean = norm(name, 4)(row.nan_to_num(9.0), features)
        torch.testing.assert_close(out[:, [0, 1, 3]], clean[:, [0, 1, 3]])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("name", ["filter_response", "instance", "group", "evo_s0"])
def test_a_trace_holds_at_other_sizes(name: str) -> None:
    module = norm(name, 4).double().eval()
    traced = torch.jit.trace(module, maps(), check_trace=False)
    for shape in ((2, 4, 9, 3), (5, 4, 2, 2)):
        torch.testing.assert_close(traced(maps(1, *shape)), module(maps(1, *shape)))


def test_many_small_samples_are_taken_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop over samples would call a kernel for each: not for rows, nor for tiny maps."""
    calls = []
    original = torch.Tensor.mean
    monkeypatch.setattr(torch.Tensor, "mean", lambda *a, **k: calls.append(1) or original(*a, **k))
    switchable = norm("switchable", 4)
    for x in (torch.randn(512, 4), torch.randn(512, 4, 2, 2)):
        switchable(x)
    assert len(calls) < 20
