"""The loss network: read from files or torchvision, rescaled without changing what it computes."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from styler.errors import WeightsError
from styler.network import Vgg, load_vgg
from tests.networks import write_vgg


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vgg(tmp_path_factory.mktemp("vgg") / "vgg.safetensors", (2, 1, 1, 1))


def pictures(count: int, seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(2, 3, 32, 32, generator=generator) for _ in range(count)]


class TestNormalize:
    def test_changes_each_map_by_a_factor_per_filter(self, file: Path) -> None:
        before, after = load_vgg(file), load_vgg(file)
        divided = after.normalize(pictures(3))
        (x,) = pictures(1, seed=9)
        for a, b, scale in zip(before(x), after(x), divided, strict=True):
            fires = a.amax((0, 2, 3)) > 1e-3
            assert fires.float().mean() > 0.5
            factor = b.sum((0, 2, 3)) / a.sum((0, 2, 3)).clamp_min(1e-12)
            expected = a * factor[:, None, None]
            torch.testing.assert_close(scale[fires], 1 / factor[fires], rtol=1e-3, atol=1e-6)
            size = b.abs().amax()
            torch.testing.assert_close(b[:, fires] / size, expected[:, fires] / size)
            assert not torch.allclose(factor[fires], torch.ones(1), atol=0.05)

    def test_gives_a_mean_activation_of_one(self, file: Path) -> None:
        plain, vgg, batches = load_vgg(file), load_vgg(file), pictures(3)
        vgg.normalize(batches)

        def means(network: Vgg, index: int) -> torch.Tensor:
            return torch.stack([network(x)[index].mean((0, 2, 3)) for x in batches]).mean(0)

        for index in range(4):
            mean, raw = means(vgg, index), means(plain, index)
            often = raw > 0.11 * raw.mean()
            assert often.any()
            torch.testing.assert_close(
                mean[often], torch.ones_like(mean[often]), rtol=2e-3, atol=2e-3
            )
            assert (mean <= 1.002).all()


class TestLoad:
    def test_folds_colours_into_the_first_convolution(self, file: Path) -> None:
        tensors = load_file(file)
        (x,) = pictures(1)
        mean = torch.tensor([122.67892, 116.66877, 104.00699])[:, None, None]
        padded = torch.nn.functional.pad(x * 255 - mean, (1,) * 4, mode="reflect")
        expected = torch.nn.functional.conv2d(
            padded, tensors["conv1_1.weight"], tensors["conv1_1.bias"]
        )
        torch.testing.assert_close(load_vgg(file)(x)[0], expected.relu(), rtol=1e-4, atol=1e-4)

    def test_is_frozen_and_gives_four_maps(self, file: Path) -> None:
        vgg = load_vgg(file)
        assert not any(p.requires_grad for p in vgg.parameters())
        shapes = [tuple(m.shape[1:]) for m in vgg(torch.rand(1, 3, 32, 48))]
        assert shapes == [(64, 32, 48), (128, 16, 24), (256, 8, 12), (512, 4, 6)]
        assert [len(block) for block in vgg.blocks] == [2, 1, 1, 1]  # type: ignore[arg-type]

    def test_deeper_layers_of_a_whole_vgg_are_left(self, file: Path, tmp_path: Path) -> None:
        more = load_file(file) | {
            "conv4_2.weight": torch.zeros(512, 512, 3, 3),
            "conv5_1.weight": torch.zeros(1),
        }
        save_file(more, tmp_path / "whole.safetensors")
        (x,) = pictures(1)
        torch.testing.assert_close(load_vgg(tmp_path / "whole.safetensors")(x), load_vgg(file)(x))

    @pytest.mark.parametrize(
        "change",
        [
            {"conv4_1.weight": None},
            {"conv4_1.bias": None},
            {"conv1_1.weight": None},
            {"conv2_1.weight": None},
            {"conv1_1.weight": torch.zeros(64, 3, 5, 5)},
            {"conv1_1.weight": torch.zeros(1)},
            {"conv3_1.bias": torch.zeros(255)},
        ],
    )
    def test_refuses_what_is_no_vgg(
        self, file: Path, tmp_path: Path, change: dict[str, Any]
    ) -> None:
        tensors = load_file(file) | change
        path = tmp_path / "bad.safetensors"
        save_file({name: t for name, t in tensors.items() if t is not None}, path)
        with pytest.raises(WeightsError, match="is not a VGG") as caught:
            load_vgg(path)
        assert len(str(caught.value).splitlines()) == 1

    def test_refuses_missing_and_damaged_files(self, file: Path, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="cannot read"):
            load_vgg(tmp_path / "none.safetensors")
        (tmp_path / "cut.safetensors").write_bytes(file.read_bytes()[:1000])
        with pytest.raises(WeightsError, match="cannot read"):
            load_vgg(tmp_path / "cut.safetensors")

    @pytest.mark.parametrize(("depth", "convolutions"), [(16, 8), (19, 9)])
    def test_torchvisions_own(
        self, monkeypatch: pytest.MonkeyPatch, depth: int, convolutions: int
    ) -> None:
        import torchvision.models as models

        asked: list[object] = []

        def published(name: str) -> Any:
            def make(*, weights: object) -> nn.Module:
                asked.append(weights)
                torch.manual_seed(depth)
                layers: list[nn.Module] = []
                channels = 3
                third = 4 if name == "vgg19" else 3
                for width, count in ((64, 2), (128, 2), (256, third), (512, 3)):
                    for _ in range(count):
                        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                        channels = width
                    layers.append(nn.MaxPool2d(2))
                network = nn.Module()
                network.features = nn.Sequential(*layers)
                return network

            return make

        for name in ("vgg16", "vgg19"):
            monkeypatch.setattr(models, name, published(name))
        vgg = load_vgg(None, depth=depth)
        assert len(vgg.convolutions()) == convolutions
        assert asked == [getattr(models, f"VGG{depth}_Weights").IMAGENET1K_V1]
        source = published(f"vgg{depth}")(weights=None).features[0]
        (x,) = pictures(1)
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        normalized = (x - mean[:, None, None]) / std[:, None, None]
        inner = source(normalized).relu()[:, :, 1:-1, 1:-1]
        torch.testing.assert_close(vgg(x)[0][:, :, 1:-1, 1:-1], inner, rtol=1e-4, atol=1e-4)

    def test_a_download_that_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import torchvision.models as models

        def unreachable(**_: object) -> nn.Module:
            raise URLError("no network")

        monkeypatch.setattr(models, "vgg16", unreachable)
        with pytest.raises(WeightsError, match=r"no network.*give a file") as caught:
            load_vgg(None)
        assert len(str(caught.value).splitlines()) == 1
