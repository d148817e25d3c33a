"""The log of a run."""

import json
from pathlib import Path

import pytest

from styler.errors import MissingDependencyError
from styler.train.log import TrainingLog


def test_lines_are_on_disk_at_once(tmp_path: Path) -> None:
    with TrainingLog(tmp_path, 0) as record:
        record.add(3, {"total": 0.5})
        assert json.loads((tmp_path / "log.jsonl").read_text()) == {"step": 3, "total": 0.5}


def test_going_on_drops_later_lines_and_one_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    with TrainingLog(tmp_path, 3) as record:
        record.add(3, {"total": 1.0})
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 2, 3]


def test_curves_for_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a stand-in for the package, which tests need not install."""
    import sys
    import types

    seen: list[tuple[str, float, int]] = []

    class Writer:
        def __init__(self, folder: str, purge_step: int) -> None:
            assert folder == str(tmp_path / "tensorboard")
            assert purge_step == 5

        def add_scalar(self, *scalar: object) -> None:
            seen.append(scalar)  # type: ignore[arg-type]

        def close(self) -> None:
            seen.append(("closed", 0.0, 0))

    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    with TrainingLog(tmp_path, 5, tensorboard=True) as record:
        record.add(5, {"style": 0.25})
    assert seen == [("loss/style", 0.25, 5), ("closed", 0.0, 0)]


def test_tensorboard_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "styler\[tensorboard\]"'):
        TrainingLog(tmp_path, 0, tensorboard=True)
    assert not list(tmp_path.iterdir())
