"""Several processes train one network."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

import styler
from styler.network.weights import load_tensors
from styler.train import train
from styler.train.distributed import ProcessGroup, process_group
from tests.train.tiny import config, prepare

ROOT = Path(styler.__file__).parent.parent


def test_a_team_of_one_changes_nothing() -> None:
    with process_group() as alone:
        assert alone == ProcessGroup(0, 1)
        parameter = torch.nn.Parameter(torch.ones(2))
        parameter.grad = torch.full((2,), 3.0)
        alone.average_([parameter])
        assert parameter.grad.tolist() == [3, 3]
        assert alone.mean({"total": 2.0}) == {"total": 2.0}
        assert alone.any(True)
        assert not alone.any(False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def torchrun(folder: Path, out: str, nodes: Sequence[Sequence[str]]) -> None:
    """Train in a group of processes: a `torchrun` for each node, with its options."""
    run = ["-m", "tests.train.tiny", str(folder), out, "steps=3", "warmup_steps=1"]
    starter = [sys.executable, "-m", "torch.distributed.run"]
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo"}
    pipes = {"stderr": subprocess.PIPE, "text": True}
    running = [
        subprocess.Popen([*starter, *options, *run], cwd=ROOT, env=environment, **pipes)  # type: ignore[call-overload]
        for options in nodes
    ]
    try:
        for process in running:
            _, said = process.communicate(timeout=300)
            assert process.returncode == 0, said[-2000:]
    finally:
        for process in running:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a run ``team`` of two processes in it."""
    folder = prepare(tmp_path_factory.mktemp("training"))
    torchrun(folder, "team", [["--standalone", "--nproc-per-node", "2"]])
    return folder


def test_two_processes_are_one_with_two_batches_a_step(folder: Path) -> None:
    alone = config(folder, "alone", steps=3, warmup_steps=1, accumulate=2)
    torch.set_num_threads(1)
    train(alone)
    logs = [(folder / name / "log.jsonl").read_text() for name in ("alone", "team")]
    for one, two in zip(*(map(json.loads, log.splitlines()) for log in logs), strict=True):
        assert one == pytest.approx(two, rel=1e-3)
    (one, _), (two, _) = (
        load_tensors(folder / name / "weights.safetensors") for name in ("alone", "team")
    )
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_two_nodes_are_one_with_two_processes(folder: Path) -> None:
    """The same log and the same weights, bit for bit: sums of two know no order."""
    place = ["--nnodes", "2", "--nproc-per-node", "1", "--master-addr", "127.0.0.1"]
    place += ["--master-port", str(free_port())]
    torchrun(folder, "nodes", [[*place, "--node-rank", str(rank)] for rank in range(2)])
    logs = [(folder / name / "log.jsonl").read_text() for name in ("team", "nodes")]
    assert logs[0] == logs[1]
    (one, _), (two, _) = (
        load_tensors(folder / name / "weights.safetensors") for name in ("team", "nodes")
    )
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
