"""What is said while a clip is painted."""

import pytest

from styler.cli.output import frames
from styler.video import Progress


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(frames.time, "monotonic", lambda: now[0])
    return now


def test_lines_tell_rate_and_time_left(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with frames.Frames() as told:
        for step, done, total, seconds in (
            ("look", 1, None, 0), ("look", 31, None, 12), ("look", 40, None, 2),
            ("paint", 11, 100, 0), ("paint", 20, 100, 5), ("paint", 30, 100, 5),
        ):  # fmt: skip
            clock[0] += seconds
            told.tell(Progress(step, done, total, 10 if step == "paint" else 0))
    assert capsys.readouterr().err.splitlines() == [
        "looking 31  2.6 frames/s",
        "painting 30/100  2.0 frames/s, 0:35 left",
    ]


def test_quiet_is_quiet(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with frames.Frames(quiet=True) as told:
        for number in range(9):
            clock[0] += 60
            told.tell(Progress("paint", number, 9))
    assert not capsys.readouterr().err
