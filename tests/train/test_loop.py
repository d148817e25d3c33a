"""How a run starts: what it says, and what it leaves where it cannot."""

import logging
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from styler.errors import MissingDependencyError, OutputError, TrainingError, WeightsError
from styler.train import train
from tests.train.tiny import config, prepare


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("starting"))


def test_where_it_goes_on_is_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = config(folder, "again", steps=3, sample_every=0)
    with caplog.at_level(logging.INFO, "styler.train"):
        train(replace(run, minutes=0))
        assert not caplog.messages
        train(run)
    assert caplog.messages == [f"{run.out}: goes on from step 1 of 3"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"content": "nowhere"}, TrainingError),
        ({"loss_network": "nowhere"}, WeightsError),
        ({"start_from": "nowhere"}, WeightsError),
        ({"tensorboard": True}, MissingDependencyError),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_failed_start_leaves_no_folder(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str | bool],
    error: type[Exception],
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    given = {name: folder / v if isinstance(v, str) else v for name, v in changes.items()}
    with pytest.raises(error):
        train(config(folder, "failed/run", **given))
    assert not (folder / "failed").exists()


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(train.__globals__, "Run", None)  # any work would fail
    for place in ("content/0.png", "content/0.png/run"):
        with pytest.raises(OutputError, match=r"0\.png"):
            train(config(folder, place))


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"loss_network": None}, "--loss-network"),
        ({"architecture": "classic"}, "--encoder"),
        ({"start_from": Path("missing")}, "--start-from"),
        ({"teacher": Path("missing")}, "--teacher"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_missing_weights_are_told_with_the_option_that_gives_them(
    folder: Path, offline: None, changes: dict[str, object], option: str
) -> None:
    with pytest.raises(WeightsError, match=f"^{option}: .*give"):
        train(config(folder, "weights", **changes))
