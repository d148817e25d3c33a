"""Weights on disk: whole, of the right network, and carried over to another norm."""

from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from styler.errors import WeightsError
from styler.network import build
from styler.network.weights import load_network, load_tensors, save_tensors, take_over
from tests.networks import random_network, write_weights

NORMS = ["none", "instance", "group", "batch"]


def convolutions(network: nn.Module) -> list[Tensor]:
    layers = (layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    return [tensor for layer in layers for tensor in layer.state_dict().values()]


def norms(network: nn.Module) -> dict[str, Tensor]:
    """Everything else."""
    known = {id(parameter) for layer in network.modules() if isinstance(layer, nn.Conv2d)
             for parameter in layer.parameters()}  # fmt: skip
    state = (*network.named_parameters(), *network.named_buffers())
    return {name: tensor.clone() for name, tensor in state if id(tensor) not in known}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("weights")
    return {
        norm: write_weights(random_network(norm=norm), folder / norm, "compact", norm)
        for norm in NORMS
    }


class TestTakeOver:
    @pytest.mark.parametrize("norm", NORMS)
    def test_the_same_norm_gives_everything(self, files: dict[str, Path], norm: str) -> None:
        network = build("compact", norm=norm)
        assert take_over(network, files[norm])
        stored, _ = load_tensors(files[norm])
        assert all(torch.equal(tensor, stored[n]) for n, tensor in network.state_dict().items())

    @pytest.mark.parametrize(
        ("had", "norm"),
        [(a, b) for a, b in product(NORMS, NORMS) if a != b and {a, b} != {"instance", "group"}],
    )
    def test_another_norm_gives_its_convolutions(
        self, files: dict[str, Path], had: str, norm: str
    ) -> None:
        network = build("compact", norm=norm)
        neutral = norms(network)
        assert not take_over(network, files[had])
        wanted = convolutions(random_network(norm=had))
        for found, expected in zip(convolutions(network), wanted, strict=True):
            assert torch.equal(found, expected)
        kept = norms(network)
        assert all(torch.equal(kept[name], tensor) for name, tensor in neutral.items())

    def test_targets_of_channels_serve_groups_too(self, files: dict[str, Path]) -> None:
        network = build("compact", norm="group")
        assert take_over(network, files["instance"])
        assert torch.equal(network.sites[1].weight, random_network(norm="instance").sites[1].weight)

    def test_half_precision_without_metadata(self, files: dict[str, Path], tmp_path: Path) -> None:
        """As `styler export` leaves them."""
        tensors, _ = load_tensors(files["none"])
        path = tmp_path / "weights.safetensors"
        save_tensors({name: tensor.half() for name, tensor in tensors.items()}, path, {})
        network = build("compact", norm="group")
        assert not take_over(network, path)
        for found, expected in zip(
            convolutions(network), convolutions(random_network()), strict=True
        ):
            assert found.dtype == torch.float32
            assert torch.equal(found, expected.half().float())

    @pytest.mark.parametrize("norm", ["none", "instance"])
    def test_another_architecture_is_refused(self, tmp_path: Path, norm: str) -> None:
        other = build("classic-vgg16")
        path = write_weights(other, tmp_path / "weights.safetensors", "classic-vgg16", "none")
        with pytest.raises(WeightsError, match="another architecture than the one asked for"):
            take_over(build("compact", norm=norm), path)

    @pytest.mark.parametrize("lost", ["weight", "bias"])
    def test_a_missing_convolution_is_refused(
        self, files: dict[str, Path], tmp_path: Path, lost: str
    ) -> None:
        tensors, _ = load_tensors(files["none"])
        del tensors[f"stages.0.operations.3.{lost}"]
        path = tmp_path / "weights.safetensors"
        save_tensors(tensors, path, {})
        network = build("compact", norm="instance")
        with pytest.raises(WeightsError, match="another architecture"):
            take_over(network, path)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="cannot read"):
            take_over(build("compact"), tmp_path / "none.safetensors")


def test_load_network_insists_on_the_norm(files: dict[str, Path]) -> None:
    with pytest.raises(WeightsError, match="another architecture"):
        load_network(build("compact", norm="instance"), files["none"])
