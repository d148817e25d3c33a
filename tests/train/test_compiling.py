"""A compiled run is the same run: names, graphs, resuming."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from styler.errors import MissingDependencyError
from styler.network.weights import load_tensors
from styler.train import TrainConfig, train
from tests.train.tiny import config, prepare

# Dynamo itself looks for gradients where there are none.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor:UserWarning")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return prepare(tmp_path_factory.mktemp("compiling"))


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is compiled, by a backend that only keeps count: graphs as they stand."""
    seen: list[Any] = []

    def keep(graph: torch.fx.GraphModule, inputs: list[Any]) -> Callable[..., Any]:
        seen.append(graph)
        return graph.forward

    torch.compiler.reset()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=keep))
    return seen


def same_run(run: TrainConfig, expected: TrainConfig, rel: float) -> None:
    """The same log and the same names of tensors; ``rel`` 0 asks for the same bits."""
    logs = [(r.out / "log.jsonl").read_text().splitlines() for r in (run, expected)]
    for one, two in zip(*(map(json.loads, log) for log in logs), strict=True):
        assert one == (pytest.approx(two, rel=rel) if rel else two)
    (found, _), (wanted, _) = (
        load_tensors(r.out / "checkpoint.safetensors") for r in (run, expected)
    )
    assert found.keys() == wanted.keys()
    assert rel or all(torch.equal(found[name], wanted[name]) for name in wanted)


def test_every_shape_is_compiled_once(folder: Path, graphs: list[Any]) -> None:
    settings: dict[str, Any] = {"steps": 5, "warmup_steps": 2, "style_crop": 48}
    plain = config(folder, "plain", **settings)
    whole = config(folder, "whole", compile=True, **settings)
    train(plain)
    counts = []
    train(whole, lambda step, losses: counts.append(len(graphs)))
    # The probe; the warm-up's style and network; then the network and the own style for painting,
    # the network for shifted photos, the paintings' style, and the loss network for photos, for
    # paintings and with gradients, each in two sizes.
    assert counts[0] == counts[1] == 3
    assert counts[2] == counts[3] == counts[4] == 13
    same_run(whole, plain, rel=2e-2)


def test_without_a_compiler_the_remedy_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no g++")

    monkeypatch.setattr(torch, "compile", lambda function: fails)
    with pytest.raises(MissingDependencyError, match=r"no g\+\+.*install g\+\+ or leave"):
        train(config(folder, "none", compile=True))


@pytest.mark.slow
def test_with_the_real_compiler_a_run_goes_on(folder: Path) -> None:
    torch.compiler.reset()
    settings: dict[str, Any] = {"steps": 4, "warmup_steps": 1, "precision": "bfloat16"}
    plain, whole, parts = (
        config(folder, f"real-{out}", compile=out != "plain", **settings)
        for out in ("plain", "whole", "parts")
    )
    train(plain)
    train(whole)
    for part in (replace(parts, minutes=0), parts):
        torch.compiler.reset()  # as in a process of its own
        train(part)
    same_run(whole, plain, rel=5e-2)
    same_run(parts, whole, rel=0)
