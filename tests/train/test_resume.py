"""Killed at any moment, a run goes on as if nothing had happened."""

import json
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import styler
from styler.errors import ParameterError, TrainingError
from styler.network.weights import load_tensors
from styler.train import TrainConfig, train
from styler.train.objective import Objective
from tests.train.tiny import STEPS, config, prepare

ROOT = Path(styler.__file__).parent.parent


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> TrainConfig:
    done = config(folder, "undisturbed", sample_every=1000)
    assert train(done) == done.out / "weights.safetensors"
    return done


def log_of(run: TrainConfig) -> list[str]:
    path = run.out / "log.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def equal_to(run: TrainConfig, expected: TrainConfig) -> None:
    """The same log, line for line, and the same weights, bit for bit."""
    assert log_of(run) == log_of(expected)
    for file in ("weights.safetensors", "checkpoint.safetensors"):
        (found, _), (wanted, _) = (load_tensors(r.out / file) for r in (run, expected))
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[name], wanted[name]) for name in wanted), file


def test_an_undisturbed_run_logs_every_step(undisturbed: TrainConfig) -> None:
    lines = [json.loads(line) for line in log_of(undisturbed)]
    assert [line["step"] for line in lines] == list(range(STEPS))
    assert {"identity", "total", "gradient"} <= lines[0].keys()
    assert {"content", "style"} <= lines[-1].keys()
    assert (undisturbed.out / "samples" / f"{STEPS:07d}.png").is_file()


def test_killed_at_random_moments(folder: Path, undisturbed: TrainConfig) -> None:
    """SIGKILL when the log has grown by a random number of lines, three times, then to the end."""
    rng = np.random.default_rng(7)
    run = config(folder, "killed")
    command = [sys.executable, "-m", "tests.train.tiny", str(folder), "killed"]
    killed = 0
    for more in rng.integers(3, 9, 3):
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
            longest = len(log_of(run)) + more
            grown = False
            while process.poll() is None:
                lines = len(log_of(run))
                grown = grown or lines < longest
                if grown and lines >= longest:
                    time.sleep(float(rng.random()) * 0.02)
                    break
                time.sleep(0.002)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += process.returncode == -signal.SIGKILL
    assert killed >= 2
    train(run)
    equal_to(run, undisturbed)


def test_killed_with_fixed_crops(folder: Path) -> None:
    """What is remembered of fixed crops is not saved, and comes out the same when it is wanted."""
    whole, parts = (
        config(folder, out, cached_crops=2, warmup_steps=2, steps=10)
        for out in ("fixed", "fixed-parts")
    )
    train(whole)
    for minutes in (0, 0.005, 0):
        train(replace(parts, minutes=minutes))
    train(parts)
    equal_to(parts, whole)


def test_losses_are_fetched_only_when_they_are_logged(folder: Path) -> None:
    """Every step is reported all the same; the log has each ``log_every``-th step's own losses."""
    seldom, always = (
        config(folder, f"every-{n}", steps=6, log_every=n, checkpoint_every=100) for n in (4, 1)
    )
    told: dict[TrainConfig, list[tuple[int, float]]] = {seldom: [], always: []}
    for run, steps in told.items():
        train(run, lambda step, now, steps=steps: steps.append((step, now["total"])))  # type: ignore[misc]
    totals = [total for _, total in told[always]]
    fetched = [0, 0, 0, 0, 4, 5]  # the last step's are fetched, too
    assert told[seldom] == [(i + 1, totals[step]) for i, step in enumerate(fetched)]
    assert log_of(seldom) == log_of(always)[::4]


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_what_is_not_finite_never_reaches_the_disk(
    folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Between two fetches a loss, or the last gradient before a checkpoint, goes wrong."""
    run = config(folder, f"broken-{where}", log_every=20, checkpoint_every=7, minutes=0)
    train(run)
    before = (run.out / "checkpoint.safetensors").read_bytes()
    paint = Objective._weighed

    def broken(self: Objective, losses: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        weighed = paint(self, losses)
        total = weighed["total"]
        wrong = total * torch.inf if where == "loss" else _Infinite.apply(total)
        return weighed | {"total": wrong}

    monkeypatch.setattr(Objective, "_weighed", broken)
    with pytest.raises(TrainingError, match="no longer finite at step 6; lower --learning-rate"):
        train(replace(run, minutes=None))
    assert (run.out / "checkpoint.safetensors").read_bytes() == before


class _Infinite(torch.autograd.Function):
    """The identity, with an infinite gradient."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        return grad * torch.inf


def test_the_settings_are_saved_as_a_file_that_repeats_the_run(
    folder: Path, undisturbed: TrainConfig
) -> None:
    table = tomllib.loads((undisturbed.out / "config.toml").read_text())
    settings = table.pop("train")
    assert not table
    paths = {"content", "style", "out", "loss_network"}
    again = {name: Path(v) if name in paths else v for name, v in settings.items()}
    assert TrainConfig(**again) == undisturbed


def test_every_loss_and_every_augmentation_at_once(folder: Path) -> None:
    """They add to the log, they change nothing between two equal runs."""
    extras: dict[str, float] = {
        "quantile_weight": 1.0, "coherence_weight": 0.5, "contrast_weight": 0.5,
        "consistency_weight": 2.0, "mixed": 0.5, "jitter": 0.3, "vivid": 1.0, "synthetic": 2,
        "accumulate": 2, "warmup_steps": 1, "steps": 4,
    }  # fmt: skip
    whole, parts = (config(folder, out, **extras) for out in ("extras", "extras-parts"))
    train(whole)
    last = json.loads(log_of(whole)[-1])
    names = {"content", "style", "identity", "grid", "shift"}
    names |= {"quantile", "coherence", "contrast"}
    assert names | {"consistency", "total", "gradient", "step"} == last.keys()
    weights = {name: getattr(whole, f"{name}_weight") for name in names | {"consistency"}}
    assert last["total"] == pytest.approx(sum(w * last[name] for name, w in weights.items()))
    for _ in range(2):
        train(replace(parts, minutes=0))
    train(parts)
    equal_to(parts, whole)


def test_what_has_no_weight_is_left_out(folder: Path) -> None:
    run = config(folder, "bare", steps=2, warmup_steps=0, identity_weight=0, grid_weight=0)
    run = replace(run, shift_weight=0)
    train(replace(run, consistency_weight=1.0, sample_every=0))
    assert json.loads(log_of(run)[-1]).keys() == {
        "step", "content", "style", "consistency", "total", "gradient"
    }  # fmt: skip
    assert not (run.out / "samples").exists()


def test_stopped_by_its_time_budget(folder: Path, undisturbed: TrainConfig) -> None:
    run = config(folder, "budget", minutes=0)
    steps = []
    train(run, lambda step, losses: steps.append(step))
    assert steps == [1]
    train(run, lambda step, losses: steps.append(step))
    assert steps == [1, 2]
    train(replace(run, minutes=None))
    equal_to(run, undisturbed)


def test_a_line_cut_short_is_dropped(folder: Path, undisturbed: TrainConfig) -> None:
    run = config(folder, "cut", minutes=0)
    train(run)
    with (run.out / "log.jsonl").open("a") as log:
        log.write('{"step": 1, "tot')
    train(replace(run, minutes=None))
    assert log_of(run) == log_of(undisturbed)


def test_the_same_seed_gives_the_same_losses(folder: Path, undisturbed: TrainConfig) -> None:
    seen: dict[str, list[dict[str, float]]] = {"0": [], "1": []}
    for seed, losses in seen.items():
        run = config(folder, f"seed{seed}", seed=int(seed), minutes=0)
        train(run, lambda step, now, losses=losses: losses.append(now))  # type: ignore[misc]
    first = json.loads(log_of(undisturbed)[0])
    assert seen["0"] == [{k: v for k, v in first.items() if k != "step"}]
    assert seen["1"] != seen["0"]


@pytest.mark.parametrize(
    "change", [{"batch": 3}, {"style_weight": 2.0}, {"steps": 30}, {"norm": "instance"}]
)
def test_changed_settings_are_refused(
    undisturbed: TrainConfig, change: dict[str, int | float | str]
) -> None:
    name = next(iter(change))
    if name == "norm":  # the networks differ before the settings do
        name = "norm='none'"
    with pytest.raises(TrainingError, match=f"belongs to a run with {name}.*use the same"):
        train(replace(undisturbed, **change))  # type: ignore[arg-type]


def test_a_damaged_checkpoint_is_refused(folder: Path) -> None:
    run = config(folder, "damaged")
    run.out.mkdir()
    (run.out / "checkpoint.safetensors").write_bytes(b"\0" * 99)
    with pytest.raises(TrainingError, match=r"is not a checkpoint .* delete it to start afresh"):
        train(run)


def test_start_from(folder: Path, undisturbed: TrainConfig) -> None:
    weights = undisturbed.out / "weights.safetensors"
    losses: list[float] = []
    for out, start in (("afresh", None), ("started", weights)):
        run = config(folder, out, start_from=start, minutes=0)
        train(run, lambda step, now: losses.append(now["identity"]))
    assert losses[1] < 0.95 * losses[0]


@pytest.mark.parametrize("norm", ["instance", "group"])
def test_start_from_another_norm(folder: Path, undisturbed: TrainConfig, norm: str) -> None:
    """The convolutions are known, and the new norms are fitted to them."""
    weights = undisturbed.out / "weights.safetensors"
    losses: list[float] = []
    for out, start in (("afresh", None), ("started", weights)):
        run = config(folder, f"{norm}-{out}", norm=norm, start_from=start, minutes=0)
        train(run, lambda step, now: losses.append(now["identity"]))
    assert losses[1] < 0.95 * losses[0]
    tensors, metadata = load_tensors(run.out / "weights.safetensors")
    assert metadata["norm"] == norm
    assert tensors["sites.1.weight"].std() > 0.01


@pytest.mark.parametrize("field", ["steps", "batch", "crop", "style_crop", "checkpoint_every"])
def test_settings_out_of_range(folder: Path, field: str) -> None:
    with pytest.raises(ParameterError, match=f"{field} must be at least"):
        config(folder, **{field: 0})
