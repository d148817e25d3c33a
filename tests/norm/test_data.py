"""Scalers: fit at once or in batches, under masks; inverse; presets."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from styler.errors import ParameterError
from styler.norm import (
    IMAGE_PRESETS,
    MinMaxScaler,
    RobustScaler,
    Scaler,
    UnitLength,
    ZScoreScaler,
    entry,
    norm,
    unit_length,
)

NAMES = ["min_max", "mean", "z_score", "robust"]


def rows(n: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, generator=generator, dtype=torch.float64) * 2 + torch.arange(3)


def build(name: str, **options: object) -> Scaler:
    scaler: Scaler = norm(name, 3, dtype=torch.float64, **options)
    return scaler


@pytest.mark.parametrize("name", NAMES)
@given(cuts=st.lists(st.integers(1, 39), max_size=5), seed=st.integers(0, 99))
@settings(deadline=None, max_examples=15)
def test_streaming_is_fitting_at_once(name: str, cuts: list[int], seed: int) -> None:
    x = rows(40, seed)
    whole, streamed = build(name).fit(x), build(name)
    for part in torch.tensor_split(x, sorted(cuts)):
        streamed.partial_fit(part)
    torch.testing.assert_close(streamed(x), whole(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_inverse_undoes_transform(name: str) -> None:
    x = rows(40)
    scaler = build(name).fit(x)
    torch.testing.assert_close(scaler.inverse(scaler.transform(x)), x)
    scaler.fit(x * 7)  # fit forgets
    torch.testing.assert_close(scaler(x * 7), build(name).fit(x * 7)(x * 7))


@pytest.mark.parametrize("name", NAMES)
def test_masked_fits_see_what_is_not_masked(name: str) -> None:
    x = rows(40)
    mask = torch.ones(40, 1)
    mask[10:25] = 0
    dirty = x.clone()
    dirty[10:25] = float("nan")
    seen = torch.cat([x[:10], x[25:]])
    torch.testing.assert_close(build(name).fit(dirty, mask)(x), build(name).fit(seen)(x))


@pytest.mark.parametrize("name", ["z_score", "mean"])
def test_weights_count_like_repeats(name: str) -> None:
    x = rows(6)
    weights = torch.tensor([1.0, 2, 1, 3, 1, 1])
    repeated = x.repeat_interleave(weights.long(), 0)
    torch.testing.assert_close(
        build(name).fit(x, weights[:, None])(x), build(name).fit(repeated)(x)
    )


@pytest.mark.parametrize("name", NAMES)
def test_constant_features_stay_finite(name: str) -> None:
    x = rows(20)
    x[:, 1] = 5
    out = build(name).fit(x)(x)
    assert out.isfinite().all()
    assert torch.equal(out[:, 1], out[:1, 1].expand(20))


def test_variance_does_not_cancel_far_from_zero() -> None:
    x = torch.randn(10_000, 1, generator=torch.Generator().manual_seed(0)) + 10_000
    scaler = ZScoreScaler(1)
    for part in x.split(100):
        scaler.partial_fit(part)
    expected = x.double().var(correction=0)
    assert scaler.variance.item() == pytest.approx(expected.item(), rel=1e-3)


def test_quantiles_are_numpys_while_all_fits() -> None:
    x = rows(101)
    scaler = RobustScaler(3, dtype=torch.float64).fit(x)
    levels = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0)
    expected = np.quantile(x.numpy(), levels, axis=0)
    np.testing.assert_allclose(scaler.quantile(*levels).numpy(), expected, rtol=1e-12)


def test_quantiles_of_long_streams_stay_close() -> None:
    scaler = RobustScaler(1, resolution=1024)
    x = torch.randn(200, 500, 1, generator=torch.Generator().manual_seed(1))
    for batch in x:
        scaler.partial_fit(batch)
    got = scaler.quantile(0.25, 0.5, 0.75).flatten()
    exact = torch.quantile(x.flatten(), torch.tensor([0.25, 0.5, 0.75]))
    torch.testing.assert_close(got, exact, atol=0.01, rtol=0)
    assert scaler.count == 100_000


def test_outliers_do_not_move_the_robust_scaler() -> None:
    x = rows(101)
    spoilt = x.clone()
    spoilt[0] = 1e9
    a, b = build("robust").fit(x), build("robust").fit(spoilt)
    assert (a(x) - b(x)).abs().max() < 0.2
    assert build("z_score").fit(spoilt)(x).std() < 1e-3


def test_bounds_of_min_max() -> None:
    x = rows(30)
    out = MinMaxScaler(3, low=-2, high=3, dtype=torch.float64).fit(x)(x)
    torch.testing.assert_close(out.amin(0), torch.full((3,), -2.0).double())
    torch.testing.assert_close(out.amax(0), torch.full((3,), 3.0).double())
    with pytest.raises(ParameterError, match="low must be below high"):
        MinMaxScaler(3, low=1, high=1)


@pytest.mark.parametrize("name", IMAGE_PRESETS)
def test_image_presets(name: str) -> None:
    x = torch.rand(2, 3, 4, 5)
    mean, deviation = (torch.tensor(v).reshape(1, 3, 1, 1) for v in IMAGE_PRESETS[name])
    scaler = ZScoreScaler.preset(name)
    torch.testing.assert_close(scaler(x), (x - mean) / deviation, rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(scaler.inverse(scaler(x)), x, rtol=1e-4, atol=1e-5)


def test_image_presets_suggest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'imagenet'"):
        ZScoreScaler.preset("imagnet")


def test_state_moves_between_scalers() -> None:
    x = rows(40)
    for name in NAMES:
        fitted, fresh = build(name).fit(x), build(name)
        with pytest.raises(ParameterError, match="has seen no data: call fit first"):
            fresh(x)
        fresh.load_state_dict(fitted.state_dict())
        assert torch.equal(fresh(x), fitted(x))


@given(st.floats(0.5, 4), st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_unit_length_comes_back(order: float, seed: int) -> None:
    x = rows(7, seed)
    y, length = unit_length(x, order)
    torch.testing.assert_close(torch.linalg.vector_norm(y, order, -1), torch.ones(7).double())
    torch.testing.assert_close(UnitLength(ord=order).inverse(y, length), x)


def test_unit_length_of_zero_and_maximum() -> None:
    assert torch.equal(UnitLength()(torch.zeros(2, 3)), torch.zeros(2, 3))
    assert UnitLength(ord=float("inf"))(torch.tensor([1.0, -4])).tolist() == [0.25, -1.0]
    assert repr(UnitLength(ord=float("inf"))) == "UnitLength(ord=inf, dim=-1)"


@pytest.mark.parametrize("name", NAMES)
def test_functions_scale_the_data_at_hand(name: str) -> None:
    function = entry(name).functional
    assert function is not None
    x, mask = rows(5000), torch.ones(5000, 1)
    mask[:100] = 0
    options = {"resolution": 5000} if name == "robust" else {}
    torch.testing.assert_close(function(x), build(name, **options).fit(x)(x))
    masked = build(name, **options).fit(x, mask)(x)
    torch.testing.assert_close(function(x, mask=mask), masked)
    maps = x.reshape(50, 10, 10, 3).movedim(-1, 1).bfloat16()
    assert function(maps, dim=1).dtype == torch.bfloat16
    with pytest.raises(ParameterError, match="floating"):
        function(x.long())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("value", [0.1, 1 / 3, -7e3])
def test_constant_features_are_not_blown_up(name: str, dtype: torch.dtype, value: float) -> None:
    """Rounding is not a deviation: what differs by a hundredth later is as far off as it was."""
    state = torch.float64 if dtype == torch.float64 else torch.float32
    x = torch.full((1000, 3), value, dtype=dtype)
    x[:, 0] = rows(1000)[:, 0].to(dtype)
    for parts in (1, 7, 300):
        scaler = norm(name, 3, dtype=state)
        for part in torch.tensor_split(x, parts):
            scaler.partial_fit(part)
        exact = x[:1, 1:].to(state)
        at_home = scaler(exact.expand(1, 2).repeat(1, 2)[:, :3])[:, 1:]
        away = scaler((exact * 1.01).repeat(1, 2)[:, :3])[:, 1:]
        torch.testing.assert_close(away - at_home, exact * 0.01, rtol=1e-3, atol=1e-6)
    function = entry(name).functional
    assert function is not None
    assert function(x)[:, 1:].float().abs().max() <= abs(value) * 1e-2
    assert function(x)[:, :1].float().abs().max() > 0.5  # the other feature is scaled


def test_nearly_constant_features_are_still_scaled() -> None:
    x = rows(500).float() * 1e-4 + 1
    for name in NAMES:
        assert norm(name, 3).fit(x)(x).abs().amax(0).min() > 0.2
