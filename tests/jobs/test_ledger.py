"""What is recorded of a folder's job is right whenever it was killed."""

import json
from pathlib import Path

from styler.jobs import Task
from styler.jobs.ledger import NAME, Ledger
from tests.cli.conftest import Call
from tests.cli.pictures import save


def test_ledger_is_right_whenever_it_was_killed(tmp_path: Path) -> None:
    job = Task(save(tmp_path / "a.jpg"), tmp_path / "out" / "a.jpg")
    (tmp_path / "out").mkdir()
    size = (tmp_path / "a.jpg").stat().st_size

    def ledger(**settings: object) -> Ledger:
        return Ledger(tmp_path / "out", settings)

    ledger(strength=1).begin(job, size)
    assert not ledger(strength=1).done(job), "killed before the picture was there"
    save(tmp_path / "out" / "a.jpg")
    assert ledger(strength=1).done(job), "killed right after it was there"
    assert not ledger(strength=2).done(job)
    ledger(strength=2).begin(job, size)
    assert not ledger(strength=2).done(job), "killed before the older picture was replaced"
    (tmp_path / "out" / "a.jpg").unlink()
    save(tmp_path / "out" / "a.jpg")
    assert ledger(strength=2).done(job)
    (tmp_path / "out" / "a.jpg").write_bytes(b"")
    assert not ledger(strength=2).done(job), "killed with no more than the name there"
    save(tmp_path / "out" / "a.jpg")
    path = tmp_path / "out" / NAME
    path.write_text(path.read_text()[:-20])
    torn = ledger(strength=2)
    assert not torn.done(job)
    torn.begin(job, size)
    assert [json.loads(line)["output"] for line in path.read_text().splitlines()[::2]] == [
        "a.jpg"
    ] * 2


def test_what_styler_painted_is_known_whatever_the_run(call: Call) -> None:
    save(Path("photos/a.jpg"))
    save(Path("photos/sub/b.png"), seed=1)
    save(Path("blobs.png"), seed=2)
    runs = (
        ("photos/*.jpg", "-s", "night"),
        ("photos/**/*.*", "-s", "blobs.png"),
        ("photos", "-s", "dawn", "-o", "photos/one"),
        ("photos", "-s", "night", "-o", "photos/two"),
        ("photos/a.jpg", "-s", "night", "-o", "photos/single.png"),
    )
    for run in runs:
        assert call("stylize", *run).code == 0
    for verb in ("sheet", "compare"):
        drawn = (verb, "photos/a.jpg", "-s", "night", "-o", f"photos/{verb}.png")
        assert call(*drawn).code == 0
    everything = [str(path) for path in Path("photos").rglob("*.*g")]
    assert len(everything) == 2 + 1 + 2 + 2 + 2 + 1 + 2
    for number, inputs in enumerate((["photos"], ["photos/**/*.*g"], everything)):
        done = call("stylize", *inputs, "-s", "dawn", "-o", f"out{number}")
        assert done.code == 0 and "10 left out" in done.err and "2 painted" in done.err
    done = call("stylize", "photos/two", "-s", "dawn", "-o", "again")
    assert done.code == 2 and "--repaint" in done.err
    done = call("stylize", "photos/two", "-s", "dawn", "-o", "again", "--repaint")
    assert done.code == 0 and "2 painted" in done.err
    assert call("stylize", "photos/single.png", "-s", "dawn").code == 0, "it alone was asked for"


def test_a_photo_that_takes_the_name_of_a_painting_is_none(call: Call) -> None:
    save(Path("a.jpg")), save(Path("b.jpg"))
    assert call("stylize", "a.jpg", "-s", "night", "-o", "b.jpg", "--force").code == 0
    save(Path("b.jpg"), 90, 90, seed=3)
    done = call("stylize", "*.jpg", "-s", "dawn", "-o", "out")
    assert done.code == 0 and "2 painted" in done.err
