"""What each norm does not see, for any input: property tests."""

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from styler.norm import (
    AdaIN,
    BatchNorm,
    adain,
    batch_group_norm,
    batch_norm,
    batch_renorm,
    dynamic_tanh,
    evonorm_s0,
    filter_response_norm,
    ghost_batch_norm,
    global_response_norm,
    group_norm,
    instance_norm,
    layer_instance_norm,
    layer_norm,
    moments,
    normalize_weight,
    pixel_layer_norm,
    rms_norm,
    sample_layer_norm,
    scale_norm,
    scaled_standardize_weight,
    spectral_clip,
    standardize_weight,
    subtractive_divisive_norm,
    switchable_norm,
    unit_length,
    weighed_batch_norm,
)

EPS = 0.0  # any other is a scale that the norm does see
settings.register_profile("norm", deadline=None, max_examples=25)
settings.load_profile("norm")


@st.composite
def tensors(draw: Any, *lengths: tuple[int, int]) -> Tensor:
    """Standard normal values of any shape within bounds, from a drawn seed."""
    shape = [draw(st.integers(low, high)) for low, high in lengths]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


MAPS = tensors((2, 4), (4, 4), (2, 6), (3, 6))
TOKENS = tensors((1, 3), (1, 5), (2, 9))
SCALES = st.floats(0.01, 100)
SHIFTS = st.floats(-50, 50)


def close(a: Tensor, b: Tensor, tolerance: float = 1e-7) -> None:
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@given(MAPS, SHIFTS)
def test_batch_norm_does_not_see_a_bias_before_it(x: Tensor, bias: float) -> None:
    per_channel = torch.linspace(-1, 1, 4, dtype=x.dtype).reshape(1, 4, 1, 1) * bias
    close(batch_norm(x + per_channel, training=True), batch_norm(x, training=True))


@given(MAPS, SCALES)
def test_batch_norm_does_not_see_the_scale_of_the_layer_before(x: Tensor, scale: float) -> None:
    scaled = batch_norm(x * scale, training=True, eps=EPS)
    close(scaled, batch_norm(x, training=True, eps=EPS))


@given(MAPS)
def test_batch_norm_does_not_see_the_order_of_samples(x: Tensor) -> None:
    close(batch_norm(x.flip(0), training=True).flip(0), batch_norm(x, training=True))


@given(TOKENS, SCALES, SHIFTS)
def test_layer_norm_sees_neither_scale_nor_shift(x: Tensor, scale: float, shift: float) -> None:
    shape = x.shape[-1:]
    close(layer_norm(x * scale + shift, shape, eps=EPS), layer_norm(x, shape, eps=EPS), 1e-5)


@given(TOKENS, SCALES)
def test_rms_and_scale_norm_do_not_see_the_scale(x: Tensor, scale: float) -> None:
    close(rms_norm(x * scale, eps=EPS), rms_norm(x, eps=EPS))
    close(scale_norm(x * scale, 2.0, EPS), scale_norm(x, 2.0, EPS))
    close(unit_length(x * scale)[0], unit_length(x)[0])


@given(TOKENS)
def test_scale_norm_is_rms_norm_with_one_weight(x: Tensor) -> None:
    g, d = 3.0, x.shape[-1]
    close(scale_norm(x, g, EPS), rms_norm(x, torch.full((d,), g / d**0.5).double(), eps=0))


@given(MAPS, SCALES, SHIFTS)
def test_instance_norm_does_not_see_affine_maps_of_channels(
    x: Tensor, scale: float, shift: float
) -> None:
    ramp = torch.linspace(0.5, 1, len(x) * 4, dtype=x.dtype).reshape(-1, 4, 1, 1)
    seen = instance_norm(x * ramp * scale + ramp * shift, eps=EPS)
    close(seen, instance_norm(x, eps=EPS), 1e-5)


@given(MAPS, SCALES, SHIFTS)
def test_sample_wise_norms_do_not_see_affine_maps_of_samples(
    x: Tensor, scale: float, shift: float
) -> None:
    y = x * scale + shift
    close(group_norm(y, 2, eps=EPS), group_norm(x, 2, eps=EPS), 1e-5)
    close(sample_layer_norm(y, eps=EPS), sample_layer_norm(x, eps=EPS), 1e-5)
    close(pixel_layer_norm(y, eps=EPS), pixel_layer_norm(x, eps=EPS), 1e-4)
    share = torch.full((4,), 0.3, dtype=x.dtype)
    close(layer_instance_norm(y, share, eps=EPS), layer_instance_norm(x, share, eps=EPS), 1e-5)
    close(subtractive_divisive_norm(y, 3), subtractive_divisive_norm(x, 3), 1e-4)


@given(MAPS, SCALES)
def test_energy_norms_do_not_see_the_scale(x: Tensor, scale: float) -> None:
    zero, one = torch.zeros(4, dtype=x.dtype), torch.ones(4, dtype=x.dtype)
    close(filter_response_norm(x * scale, eps=0.0), filter_response_norm(x, eps=0.0))
    ours = global_response_norm(x * scale, one, zero, eps=0.0) / scale
    close(ours, global_response_norm(x, one, zero, eps=0.0))


@given(MAPS)
def test_special_cases_agree(x: Tensor) -> None:
    n = len(x)
    batch = batch_norm(x, training=True)
    close(group_norm(x, 4), instance_norm(x))
    close(group_norm(x, 1), sample_layer_norm(x))
    close(ghost_batch_norm(x, n), batch)
    close(ghost_batch_norm(x, 1), instance_norm(x))
    close(batch_group_norm(x, 4), batch)
    close(batch_group_norm(x[:1], 2), group_norm(x[:1], 2))
    mean, var = torch.randn(4).double(), torch.rand(4).double() + 0.1
    close(batch_renorm(x, mean, var, r_max=1.0, d_max=0.0), batch)
    one, zero = torch.ones(4).double(), torch.zeros(4).double()
    close(layer_instance_norm(x, one), instance_norm(x))
    close(layer_instance_norm(x, zero), sample_layer_norm(x))
    for k, expected in enumerate((instance_norm(x), sample_layer_norm(x), batch)):
        chosen = torch.eye(3).double()[k]
        close(switchable_norm(x, chosen, chosen), expected)
    close(global_response_norm(x, zero, zero), x)
    far = torch.full((4,), -1e9).double()
    raw = evonorm_s0(x, 4, torch.zeros(4).double())  # sigmoid(0) = 1/2
    close(raw * 2 + 0 * far[0], x / torch.sqrt(moments(x)[1] + 1e-5)[:, :, None, None])
    close(dynamic_tanh(x, 1e-4) * 1e4, x, 1e-4)


@given(MAPS)
def test_adain_with_own_statistics_is_the_identity(x: Tensor) -> None:
    close(adain(x, x), x)
    close(adain(x, moments(x)), x)
    close(AdaIN()(x, x, mask=torch.ones(1, 1, *x.shape[2:])), x)


@given(MAPS, tensors((1, 1), (4, 4), (1, 7), (2, 7)))
def test_adain_hands_the_statistics_of_the_style_over(x: Tensor, style: Tensor) -> None:
    mean, variance = moments(adain(x, style, eps=EPS))
    close(mean, moments(style)[0].expand(len(x), 4))
    close(variance, moments(style)[1].expand(len(x), 4), 1e-5)


@given(MAPS)
def test_evaluation_average_lies_between_batch_and_instance_norm(x: Tensor) -> None:
    mean, var = torch.linspace(-1, 1, 4).double(), torch.linspace(0.5, 2, 4).double()
    none, full = (weighed_batch_norm(x, mean, var, alpha=a) for a in (0.0, 1.0))
    close(none, batch_norm(x, mean, var))
    close(full, instance_norm(x))
    constant = torch.full_like(x, 1e4)  # E[x^2] - E[x]^2 would cancel here
    assert weighed_batch_norm(constant, mean, var, alpha=0.5, eps=0.0).isfinite().all()


@given(tensors((2, 5), (2, 4), (3, 3), (3, 3)), SCALES, SHIFTS)
def test_weight_norms_see_directions_only(v: Tensor, scale: float, shift: float) -> None:
    g = torch.ones(len(v), 1, 1, 1, dtype=v.dtype)
    close(normalize_weight(v * scale, g), normalize_weight(v, g))
    y = v * scale + shift
    close(standardize_weight(y, EPS), standardize_weight(v, EPS), 1e-5)
    scaled = scaled_standardize_weight(y, eps=EPS)
    close(scaled, scaled_standardize_weight(v, eps=EPS), 1e-5)
    close(scaled.flatten(1).square().sum(1), torch.ones(len(v)).double(), 1e-6)


@given(tensors((2, 6), (2, 6)), st.floats(0.1, 3))
def test_spectral_clip_is_a_projection(w: Tensor, maximum: float) -> None:
    once = spectral_clip(w, maximum)
    assert torch.linalg.matrix_norm(once, 2) <= maximum + 1e-9
    close(spectral_clip(once, maximum), once)
    close(spectral_clip(w, 1e3), w)


@given(MAPS, st.integers(0, 2**31))
def test_masked_out_values_are_not_seen(x: Tensor, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.rand(len(x), 1, *x.shape[2:], generator=generator) < 0.5).double()
    mask[:, :, 0, 0] = 1
    mask[:, :, 0, 1] = 1
    noisy = torch.where(mask.bool(), x, x * 30 + 100)
    for apply in (
        lambda t: instance_norm(t, mask=mask),
        lambda t: group_norm(t, 2, mask=mask),
        lambda t: batch_norm(t, training=True, mask=mask),
        lambda t: batch_group_norm(t, 2, mask=mask),
        lambda t: adain(t, x, mask=mask),
        lambda t: filter_response_norm(t, mask=mask),
        lambda t: global_response_norm(t, torch.ones(4).double(), mask=mask),
        lambda t: subtractive_divisive_norm(t, 3, mask=mask),
    ):
        close(apply(noisy) * mask, apply(x) * mask)


@given(MAPS, st.floats(0.05, 1))
def test_running_statistics_forget_at_the_rate_of_momentum(x: Tensor, momentum: float) -> None:
    norm = BatchNorm(4, momentum=momentum, dtype=torch.float64)
    norm(x)
    count = x.numel() / 4
    variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
    assert norm.running_mean is not None and norm.running_var is not None
    close(norm.running_mean, momentum * mean)
    unbiased = variance * count / (count - 1)
    close(norm.running_var, (1 - momentum) + momentum * unbiased)
