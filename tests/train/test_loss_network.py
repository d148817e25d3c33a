"""The loss network in training, and what is remembered of it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from styler.network import load_vgg
from styler.train.data import Batch
from styler.train.loss_network import FeatureCache, LossNetwork
from styler.train.losses import statistics
from tests.networks import write_vgg

LOUDNESS = [torch.arange(64 << block) + 1.0 for block in range(4)]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> LossNetwork:
    path: Path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    write_vgg(path)
    return LossNetwork(load_vgg(path), torch.device("cpu"), torch.float32, loudness=LOUDNESS)


def pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_palette_is_the_statistics_of_every_map(network: LossNetwork) -> None:
    palette = network.unpack(network.style_rows(pictures(2)))
    found, expected = palette.statistics, statistics(network.maps(pictures(2)))
    assert len(found) == 4
    assert palette.quantiles == []
    for pair, wanted in zip(found, expected, strict=True):
        for a, b in zip(pair, wanted, strict=True):
            torch.testing.assert_close(a, b)


def test_quantiles_are_means_of_sorted_activations(network: LossNetwork) -> None:
    deep = LossNetwork(
        network.vgg,
        network.device,
        network.precision,
        loudness=LOUDNESS,
        quantiles=True,
    )
    palette = deep.unpack(deep.style_rows(pictures(2)))
    third, fourth = palette.quantiles
    assert third.shape == (2, 256, 32)
    assert fourth.shape == (2, 512, 32)
    ordered = np.sort(network.maps(pictures(2))[2].flatten(2).numpy(), 2)  # 64 positions, 2 a part
    np.testing.assert_allclose(third, ordered.reshape(2, 256, 32, 2).mean(3), rtol=1e-5, atol=1e-6)
    for quantiles, (mean, _) in zip(palette.quantiles, palette.statistics[2:], strict=True):
        if quantiles is third:
            torch.testing.assert_close(quantiles.mean(2), mean, rtol=1e-4, atol=1e-5)


def test_palettes_mix_along_their_quantiles(network: LossNetwork) -> None:
    deep = LossNetwork(
        network.vgg,
        network.device,
        network.precision,
        loudness=LOUDNESS,
        quantiles=True,
    )
    palette = deep.style_target(deep.maps(pictures(2)))
    mixed = palette.mix(torch.tensor([[0.25, 0.75]]))
    mean, _ = palette.statistics[0]
    torch.testing.assert_close(mixed.statistics[0][0][0], 0.25 * mean[0] + 0.75 * mean[1])
    first, second = palette.quantiles[1]
    torch.testing.assert_close(mixed.quantiles[1][0], 0.25 * first + 0.75 * second)


def test_loud_filters_weigh_more(network: LossNetwork) -> None:
    for weight, loud in zip(network.weights, LOUDNESS, strict=True):
        assert weight.mean() == pytest.approx(1)
        torch.testing.assert_close(weight / weight[0], loud)


def test_structure_is_white(network: LossNetwork) -> None:
    structure = network.structure(pictures(2) * 0.5 + 0.2)
    assert structure.mean((2, 3)).abs().max() < 1e-4
    assert structure.std((2, 3), correction=0).max() < 1 + 1e-4


class TestMemory:
    def test_looks_once_at_each_crop(self, network: LossNetwork) -> None:
        looked = []

        def look(x: torch.Tensor) -> torch.Tensor:
            looked.append(len(x))
            return network.style_rows(x)

        memory, crops = FeatureCache(look, 5), pictures(5)
        first = memory(Batch(crops[[3, 1, 3]], [3, 1, 3]))
        again = memory(Batch(crops[[1, 0]], [1, 0]))
        assert looked == [1, 1, 1]
        torch.testing.assert_close(first, network.style_rows(crops[[3, 1, 3]]))
        assert torch.equal(again[0], first[1])

    def test_looks_anew_at_new_crops(self, network: LossNetwork) -> None:
        memory, crops = FeatureCache(network.style_rows, 0), pictures(3)
        assert torch.equal(memory(Batch(crops)), network.style_rows(crops))
