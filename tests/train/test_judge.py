"""The loss network in training, and what is remembered of it."""

from pathlib import Path

import pytest
import torch

from styler.model import load_vgg
from styler.train.data import Batch
from styler.train.judge import Judge, Memory
from styler.train.losses import statistics
from tests.networks import write_vgg


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    path: Path = tmp_path_factory.mktemp("vgg") / "vgg.safetensors"
    write_vgg(path)
    return Judge(load_vgg(path), torch.device("cpu"), torch.float32)


def pictures(count: int) -> torch.Tensor:
    return torch.rand(count, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_palette_is_the_statistics_of_every_map(judge: Judge) -> None:
    found = judge.unpack(judge.palette(pictures(2)))
    expected = statistics(judge.maps(pictures(2)))
    assert len(found) == 4
    for pair, wanted in zip(found, expected, strict=True):
        for a, b in zip(pair, wanted, strict=True):
            torch.testing.assert_close(a, b)


def test_structure_is_white(judge: Judge) -> None:
    structure = judge.structure(pictures(2) * 0.5 + 0.2)
    assert structure.mean((2, 3)).abs().max() < 1e-4
    assert structure.std((2, 3), correction=0).max() < 1 + 1e-4


class TestMemory:
    def test_looks_once_at_each_crop(self, judge: Judge) -> None:
        looked = []

        def look(x: torch.Tensor) -> torch.Tensor:
            looked.append(len(x))
            return judge.palette(x)

        memory, crops = Memory(look, 5), pictures(5)
        first = memory(Batch(crops[[3, 1, 3]], [3, 1, 3]))
        again = memory(Batch(crops[[1, 0]], [1, 0]))
        assert looked == [1, 1, 1]
        torch.testing.assert_close(first, judge.palette(crops[[3, 1, 3]]))
        assert torch.equal(again[0], first[1])

    def test_looks_anew_at_new_crops(self, judge: Judge) -> None:
        memory, crops = Memory(judge.palette, 0), pictures(3)
        assert torch.equal(memory(Batch(crops)), judge.palette(crops))
