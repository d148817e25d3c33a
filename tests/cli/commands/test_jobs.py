"""Jobs from the command line: added, listed, shown, tried again, cancelled, run."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.pictures import photos, read, save

ADD = ("jobs", "add", "photos", "--style", "night", "-o", "painted")


def test_queued_and_painted(call: Call) -> None:
    photos(3)
    added = call(*ADD, "--strength", 0.5)
    id = added.out.strip()
    assert (added.code, added.err) == (0, "3 queued; `styler jobs run` paints\n")
    assert call(*ADD, "--strength", 0.5).out.strip() == id
    ran = call("jobs", "run", "--threads", 1)
    assert ran.code == 0, ran.err
    assert ran.err.endswith("3 done\n")
    assert ran.err.count(" -> ") == 3
    call("stylize", "photos", "--style", "night", "--strength", 0.5, "-o", "other", "-q")
    for path in Path("other").rglob("*.jpg"):
        assert path.read_bytes() == Path("painted", path.relative_to("other")).read_bytes()
    assert f"{id}  done" in call("jobs", "list").out
    assert call("jobs", "list", "--state", "queued").out == ""
    shown = call("jobs", "show", id[:8]).out.splitlines()
    assert shown[0].startswith(f"{id}  done, 3 of 3 done, added ")
    assert len(shown) == 4 and "48x32" in shown[1]
    assert call("jobs", "show", id, "--log").out.count("painted") == 3
    assert call("jobs", "run").err == "nothing to do\n"


def test_for_programs(call: Call, photo: Path) -> None:
    id = call("jobs", "add", photo, "--style", "night", "-o", "out.png", "-q").out.strip()
    (job,) = map(json.loads, call("jobs", "list", "--json").out.splitlines())
    assert (job["id"], job["state"], job["total"]) == (id, "queued", 1)
    ran = call("jobs", "run", "--json")
    assert json.loads(ran.out)["status"] == "painted"
    job, picture = map(json.loads, call("jobs", "show", id, "--json").out.splitlines())
    assert (job["progress"], picture["state"], picture["width"]) == (1.0, "done", 48)
    log = call("jobs", "show", id, "--json", "--log").out.splitlines()[1:]
    assert [json.loads(line)["event"] for line in log] == ["added", "leased", "done"]


def test_failed_and_tried_again(call: Call, photo: Path) -> None:
    id = call("jobs", "add", photo, "--style", "night", "-o", "out.png").out.strip()
    data = Path(photo).read_bytes()
    Path(photo).write_bytes(b"no picture")
    ran = call("jobs", "run", "--quiet")
    assert ran.code == 1
    assert "has changed since it was queued" in ran.err
    assert "has changed" in call("jobs", "show", id).out
    Path(photo).write_bytes(data)
    assert call("jobs", "retry", id[:6]).err == f"{id}  1 queued again\n"
    assert call("jobs", "run").code == 0
    assert read("out.png").shape == (32, 48, 3)


def test_cancelled(call: Call) -> None:
    photos(2)
    id = call(*ADD).out.strip()
    assert call("jobs", "cancel", id).err == f"{id}  2 cancelled\n"
    assert f"{id}  cancelled" in call("jobs", "list").out
    assert call("jobs", "run").err == "nothing to do\n"
    assert not Path("painted").exists()


def test_a_queue_by_option_or_environment(
    call: Call, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = ("jobs", "add", photo, "--style", "night", "-o", "out.png")
    id = call(*add, "--queue", "mine.sqlite").out.strip()
    assert call("jobs", "list").out == ""
    monkeypatch.setenv("STYLER_JOB_QUEUE", "mine.sqlite")
    assert id in call("jobs", "list").out


def test_mistakes_are_told_before_anything_is_queued(call: Call, photo: Path) -> None:
    save(Path("out.png"))
    for arguments, line in (
        (("add", photo, "--style", "nigth", "-o", "a.png"), "did you mean 'night'?"),
        (("add", photo, "--style", "night", "-o", "out.png"), "out.png: exists"),
        (("add", photo, "--style", "night", "-o", "-"), "only files can be queued"),
        (("add", "gone.jpg", "--style", "night"), "gone.jpg: no such file"),
        (("add", photo, "--style", "night", "-o", "a.xyz"), "a.xyz"),
        (("show", "0123"), "0123: no job begins so; `styler jobs list` shows them"),
        (("retry", "x"), "no job begins so"),
        (("list", "--queue", photo), "is no queue"),
    ):
        called = call("jobs", *arguments)
        assert called.code == 2, arguments
        assert line in called.err
        assert len(called.err.splitlines()) == 1
    assert call("jobs", "list").out == ""
