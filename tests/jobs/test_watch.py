"""Folders that are watched."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from styler.cli.output.report import Report
from styler.jobs import Job, Recipe, Runner, Task, plan, watch
from tests.cli.child import start
from tests.cli.conftest import Call
from tests.cli.pictures import STYLIZE, as_bytes, photos, save


def looking(runner: Runner, report: Report) -> Iterator[None]:
    """Watch ``inbox``, one look after the other."""
    recipe = Recipe((("night", 1.0),))
    for outcome in watch(lambda: plan(recipe, ["inbox"], "painted"), runner, interval=0):
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
