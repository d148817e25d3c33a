"""Several processes train one network."""

import json
import subprocess
import sys
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


def test_two_processes_are_one_with_two_batches_a_step(tmp_path: Path) -> None:
    folder = prepare(tmp_path)
    alone = config(folder, "alone", steps=3, warmup_steps=1, accumulate=2)
    torch.set_num_threads(1)
    train(alone)
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "tests.train.tiny", str(folder), "team", "steps=3", "warmup_steps=1",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    logs = [(folder / name / "log.jsonl").read_text() for name in ("alone", "team")]
    for one, two in zip(*(map(json.loads, log.splitlines()) for log in logs), strict=True):
        assert one == pytest.approx(two, rel=1e-3)
    (one, _), (two, _) = (
        load_tensors(folder / name / "weights.safetensors") for name in ("alone", "team")
    )
    for name, tensor in one.items():
        torch.testing.assert_close(tensor, two[name], rtol=1e-3, atol=1e-4)
