"""The networks: any size, sites that do what they say, sound starting points."""

import pytest
import torch

from styler.errors import ParameterError
from styler.network import ARCHITECTURES, build, set_encoder
from styler.network.blocks import conv, residual_block
from styler.network.network import affine, crop, pad
from styler.network.stages import Site, cut
from styler.network.vgg import Vgg
from tests.networks import random_network

SIZES = [(1, 1), (1, 9), (9, 1), (3, 70), (8, 8), (15, 17), (16, 24), (33, 20)]


class TestBuild:
    @pytest.mark.parametrize("name", ["Compact", "classik", "resnet", ""])
    def test_unknown(self, name: str) -> None:
        with pytest.raises(ParameterError, match="unknown architecture"):
            build(name)

    def test_suggests(self) -> None:
        with pytest.raises(ParameterError, match="did you mean 'compact'"):
            build("compct")
        with pytest.raises(ParameterError, match="unknown norm"):
            build("compact", norm="nonsense")

    @pytest.mark.parametrize("norm", ["none", "instance", "group", "sample_layer", "batch"])
    def test_variants_differ_in_their_sites_alone(self, norm: str) -> None:
        kinds = [site.kind for site in build("compact", norm=norm).sites]
        assert kinds.count("style") == 4
        own = len(kinds) - 4
        assert own == (10 if norm in ("instance", "group", "sample_layer") else 0)

    @pytest.mark.parametrize("architecture", ["classic", "classic-vgg16"])
    def test_only_the_decoder_of_a_classic_network_learns(self, architecture: str) -> None:
        network = build(architecture)
        trained = {n.split(".")[1] for n, p in network.named_parameters() if p.requires_grad}
        assert trained == {"1"}
        assert ARCHITECTURES.count(architecture) == 1


class TestForward:
    @pytest.mark.parametrize("size", SIZES)
    def test_keeps_every_size(self, size: tuple[int, int]) -> None:
        network = random_network()
        photo, painting = torch.rand(2, 3, *size), torch.rand(2, 3, 20, 30)
        painted = network(photo, network.style(painting))
        assert painted.shape == photo.shape
        assert painted.isfinite().all()

    def test_samples_of_a_batch_do_not_mix(self) -> None:
        network = random_network(norm="group")
        photos, paintings = torch.rand(3, 3, 24, 16), torch.rand(3, 3, 16, 24)
        together = network(photos, network.style(paintings))
        for i in range(3):
            alone = network(photos[i : i + 1], network.style(paintings[i : i + 1]))
            torch.testing.assert_close(together[i : i + 1], alone, rtol=1e-3, atol=1e-4)

    def test_style_matters(self) -> None:
        network = random_network()
        photo = torch.rand(1, 3, 24, 24)
        first, second = (
            network(photo, network.style(torch.rand(1, 3, 24, 24) * s)) for s in (0.2, 1)
        )
        assert (first - second).abs().mean() > 1e-2

    def test_a_flat_photo_is_painted_flat(self) -> None:
        """Whatever the weights: no place in a cell of the decoder differs from another."""
        network = random_network()
        style = network.style(torch.rand(1, 3, 48, 48))
        painted = network(torch.full((1, 3, 64, 72), 0.4), style)
        ripple = (painted - painted[:, :, :1, :1]).abs().max()
        assert ripple < 0.5 / 255, "more than rounding at sites without any variance"

    def test_gradients_reach_every_weight(self) -> None:
        network = build("compact", norm="instance").train()
        photo = torch.rand(1, 3, 32, 32)
        network(photo, network.style(photo)).square().mean().backward()
        idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
        assert not idle


class TestAffine:
    @pytest.mark.parametrize(
        ("kind", "groups"), [("instance", 8), ("group", 4), ("sample_layer", 1)]
    )
    def test_is_torchs_own_normalization(self, kind: str, groups: int) -> None:
        site = Site(8, kind, groups=4)  # type: ignore[arg-type]
        torch.nn.init.normal_(site.weight)
        torch.nn.init.normal_(site.bias)
        x = torch.randn(2, 8, 6, 7)
        scale, shift = affine(site, x, None)
        y = x * scale[:, :, None, None] + shift[:, :, None, None]
        expected = torch.nn.functional.group_norm(x, groups, site.weight, site.bias, site.eps)
        torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)


class TestSettle:
    @pytest.mark.parametrize("norm", ["instance", "group", "sample_layer"])
    def test_a_settled_norm_leaves_the_average_map_where_it_is(self, norm: str) -> None:
        """Alone in its batch, a picture is the average: the network paints as one without norm."""
        plain, normed = random_network(), build("compact", norm=norm).eval()
        convolutions = [
            [layer for layer in network.modules() if isinstance(layer, torch.nn.Conv2d)]
            for network in (plain, normed)
        ]
        for ours, theirs in zip(*convolutions, strict=True):
            theirs.load_state_dict(ours.state_dict())
        photo, painting = torch.rand(1, 3, 40, 48), torch.rand(1, 3, 32, 40)
        style = plain.style(painting)
        with torch.no_grad():
            expected, before = plain(photo, style), normed(photo, style)
            normed.data_init_(photo, style)
            painted = normed(photo, style)
        torch.testing.assert_close(painted, expected, rtol=1e-3, atol=1e-3)
        assert (before - expected).abs().mean() > 10 * (painted - expected).abs().mean()

    def test_styles_are_not_touched(self) -> None:
        network = random_network()
        state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        pictures = torch.rand(2, 3, 24, 24)
        network.data_init_(pictures, network.style(pictures))
        assert all(torch.equal(tensor, state[n]) for n, tensor in network.state_dict().items())


class TestGeometry:
    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("margin", [0, 8, 16])
    def test_core_of_the_frame_is_the_picture(self, size: tuple[int, int], margin: int) -> None:
        x = torch.rand(2, 3, *size)
        framed = pad(x, margin, 8)
        assert framed.shape[2] % 8 == framed.shape[3] % 8 == 0
        assert torch.equal(crop(framed, framed, margin, *size), x)

    def test_frame_is_torchs_reflection_where_that_can_reach(self) -> None:
        x = torch.rand(1, 3, 24, 32)
        expected = torch.nn.functional.pad(x, (16,) * 4, mode="reflect")
        assert torch.equal(pad(x, 16, 8), expected)

    def test_core_at_lower_resolution_covers_cut_cells(self) -> None:
        framed = pad(torch.zeros(1, 1, 17, 9), 16, 8)
        small = framed[:, :, ::8, ::8]
        assert crop(small, framed, 16, 17, 9).shape[2:] == (3, 2)


class TestStart:
    def test_convolutions_keep_variance_behind_a_relu(self) -> None:
        torch.manual_seed(0)
        x = torch.randn(1, 64, 32, 32).relu()
        y = conv(64, 64)(x)[:, :, 1:-1, 1:-1]
        assert y.var().item() == pytest.approx(1, rel=0.15)

    def test_residual_blocks_start_near_the_identity(self) -> None:
        torch.manual_seed(0)
        (stage,), _ = cut(residual_block(32, lambda channels: []))
        x = torch.randn(1, 32, 16, 16)
        (y,) = stage(x, None, None)
        assert (y - x).std() < 0.4 * x.std()


def test_set_encoder_makes_both_encoders_the_vgg() -> None:
    torch.manual_seed(0)
    vgg, network = Vgg((2, 2, 3, 1)), build("classic-vgg16")
    set_encoder(network, vgg)
    x = torch.rand(1, 3, 32, 40)
    expected = vgg(x)[-1]
    torch.testing.assert_close(network.stages[0](x, None, None)[0], expected)
    torch.testing.assert_close(network.style_encoder(x)[0], expected)
