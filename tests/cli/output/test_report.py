"""What a long job says."""

import sys

import pytest

from styler.cli.output.report import Report
from styler.jobs import Outcome


def test_the_rate_is_that_of_painting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is skipped takes no time; a job that goes on would seem to be over at once."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Report(1000) as report:
        for number in range(900):
            report.add(Outcome(f"{number}", "out", "skipped"))
        assert report.progress is not None
        (task,) = report.progress.tasks
        assert (task.completed, task.speed) == (900, None)
        report.add(Outcome("900", "out", "painted", 1, 1, 0.1))
        assert task.completed == 901
