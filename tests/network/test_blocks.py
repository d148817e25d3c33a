"""The pieces that tapes are made of."""

import torch
from torch import nn

from styler.network.blocks import EvenConv2d, Notch, normalizer, shuffle_up


def upsampler(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    up = nn.Sequential(*shuffle_up(5, 3, 3, kind=EvenConv2d)).requires_grad_(False)
    for parameter in up.parameters():
        nn.init.normal_(parameter)
    return up


def ripple(up: nn.Sequential) -> float:
    """Largest difference between neighbours in the painting of a flat area, its border left out."""
    flat = torch.linspace(-1, 1, 5)[:, None, None].expand(1, 5, 8, 8)
    painted = up(flat)[:, :, 2:-2, 2:-2]
    return float((painted - painted[:, :, :1, :1]).abs().max())


def test_even_phases_paint_a_flat_area_flat() -> None:
    up = upsampler()
    assert ripple(up) > 1
    up[0].project_()  # type: ignore[operator]
    assert ripple(up) < 1e-5


def test_even_phases_stay_as_they_are() -> None:
    up = upsampler()
    up[0].project_()  # type: ignore[operator]
    before = [p.clone() for p in up.parameters()]
    up[0].project_()  # type: ignore[operator]
    for parameter, was in zip(up.parameters(), before, strict=True):
        torch.testing.assert_close(parameter, was)


def test_evening_keeps_what_a_shuffled_channel_sums_to() -> None:
    up = upsampler()
    flat = torch.ones(1, 5, 8, 8)
    before = up(flat)[:, :, 2:-2, 2:-2].mean((2, 3))
    up[0].project_()  # type: ignore[operator]
    torch.testing.assert_close(up(flat)[:, :, 2:-2, 2:-2].mean((2, 3)), before)


def waves(period: float, size: int = 192) -> torch.Tensor:
    phase = torch.arange(size) * (2 * torch.pi / period)
    return (phase[:, None].cos() + phase.cos())[None, None]


def test_the_notch_takes_out_a_grid() -> None:
    """One that comes and goes over the picture, too."""
    for period in (2, 4, 8):
        steady = waves(period)
        assert Notch()(steady).abs().max() < 0.05 * steady.abs().max()
        wandering = 0.01 * steady * waves(800)
        assert Notch()(wandering).square().mean() < 0.1 * wandering.square().mean()


def test_the_notch_leaves_all_else() -> None:
    for x in (torch.full((2, 3, 32, 40), 0.3), waves(197), waves(22), waves(6.6)):
        assert (Notch()(x) - x).square().mean() <= 0.01 * x.square().mean()


def test_the_notch_makes_no_stairs_of_a_slope() -> None:
    slope = torch.linspace(0, 1, 256).expand(1, 1, 256, 256).contiguous()
    change = (Notch()(slope) - slope)[..., 64:-64]
    assert change.abs().max() < 0.1 / 255


def test_the_notch_does_not_echo_an_edge() -> None:
    edge = (torch.arange(512) > 100).float().expand(1, 1, 512, 512).contiguous()
    assert (Notch()(edge) - edge).abs().max() < 0.025


def test_the_notch_takes_small_maps() -> None:
    x = torch.rand(1, 2, 24, 56)
    assert Notch()(x).shape == x.shape


def test_rms_norm_of_maps_is_that_of_every_pixels_channels() -> None:
    (norm,) = normalizer("rms")(5)
    nn.init.normal_(norm.norm.weight)  # type: ignore[union-attr, arg-type]
    x = torch.randn(2, 5, 3, 4)
    expected = nn.functional.rms_norm(x.movedim(1, -1), (5,), norm.norm.weight, 1e-6)  # type: ignore[union-attr, arg-type]
    torch.testing.assert_close(norm(x), expected.movedim(-1, 1))
