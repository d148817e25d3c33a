"""Folders that are watched."""

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from styler.cli.output.report import Report
from styler.errors import OutputError
from styler.jobs import Job, Recipe, Runner, Task, plan, watch
from tests.cli.child import start
from tests.cli.conftest import Call
from tests.cli.pictures import STYLIZE, as_bytes, photos, read, save


def looking(runner: Runner, report: Report) -> Iterator[None]:
    """Watch ``inbox``, one look after the other."""
    recipe = Recipe((("night", 1.0),))
    look = partial(plan, recipe, ["inbox"], "painted")
    for outcome in watch(look, runner, interval=0, patience=4):
        if outcome is None:
            yield
        else:
            report.add(outcome)


def test_watching_takes_whole_files_and_retries_changed_ones(stylizer: object) -> None:
    Path("inbox").mkdir()
    report = Report(None, quiet=True)
    looks = looking(Runner(lambda: stylizer), report)  # type: ignore[arg-type,return-value]
    next(looks)
    save(Path("inbox/a.jpg"))
    Path("inbox/b.jpg").write_bytes(as_bytes("JPEG")[:200])
    next(looks)
    assert report.counts["painted"] == 0, "seen for the first time: perhaps still being copied"
    next(looks)
    next(looks)
    assert report.counts == {"painted": 1, "skipped": 0, "failed": 0}, "perhaps a copy that halts"
    next(looks)
    assert (report.counts["painted"], report.counts["failed"]) == (1, 1)
    Path("inbox/b.jpg").write_bytes(as_bytes("JPEG"))
    next(looks)
    next(looks)
    assert (report.counts["painted"], report.counts["failed"]) == (2, 1)
    assert sorted(p.name for p in Path("painted").glob("*.jpg")) == ["a.jpg", "b.jpg"]


def test_watching_goes_on_when_a_photo_goes(
    stylizer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "ab":
        save(Path(f"inbox/{name}.jpg"))
    report = Report(None, quiet=True)
    runner = Runner(lambda: stylizer)  # type: ignore[arg-type,return-value]
    looks = looking(runner, report)
    next(looks)
    gone = Path("inbox/a.jpg")
    is_done = runner.is_done

    def slow(job: Job, task: Task) -> bool:
        if task.source == gone:
            gone.unlink(missing_ok=True)
            raise FileNotFoundError(gone)
        return is_done(job, task)

    monkeypatch.setattr(runner, "is_done", slow)
    next(looks)
    assert report.counts == {"painted": 1, "skipped": 0, "failed": 0}


def test_a_photo_that_comes_slowly_is_never_called_damaged(stylizer: object) -> None:
    Path("inbox").mkdir()
    report = Report(None, quiet=True)
    looks = looking(Runner(lambda: stylizer), report)  # type: ignore[arg-type,return-value]
    next(looks)
    data = as_bytes("JPEG")
    for part in (200, 400, len(data)):
        Path("inbox/a.jpg").write_bytes(data[:part])
        for _ in range(3):
            next(looks)
    assert report.counts == {"painted": 1, "skipped": 0, "failed": 0}


def test_a_photo_that_changes_is_painted_again(stylizer: object) -> None:
    save(Path("inbox/a.jpg"))

    def session(*sizes: int) -> dict[str, int]:
        report = Report(None, quiet=True)
        looks = looking(Runner(lambda: stylizer), report)  # type: ignore[arg-type,return-value]
        for size in sizes:
            save(Path("inbox/a.jpg"), size, 20)
            for _ in range(3):
                next(looks)
            assert read("painted/a.jpg").shape == (20, size, 3)
        return report.counts

    assert session(40, 50) == {"painted": 2, "skipped": 0, "failed": 0}
    assert session(60) == {"painted": 1, "skipped": 0, "failed": 0}
    save(Path("painted/a.jpg"), 9, 9, seed=5)  # no longer the painting
    save(Path("inbox/a.jpg"), 44, 20)
    with pytest.raises(OutputError, match="--force"):
        session(45)


def test_watch_ends_with_ctrl_c(call: Call) -> None:
    photos(1)
    process = start(*STYLIZE, "--watch")
    assert process.stderr is not None
    assert "000.jpg" in process.stderr.readline()
    os.kill(process.pid, signal.SIGINT)
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 130
    assert "1 painted" in said and "interrupted" in said and "Traceback" not in said


def test_watch_needs_folders(call: Call, photo: Path) -> None:
    refused = call("stylize", photo, "--style", "night", "--watch")
    assert refused.code == 2 and "-o FOLDER" in refused.err
