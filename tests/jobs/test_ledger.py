"""What is recorded of a folder's job is right whenever it was killed."""

import json
from pathlib import Path

from styler.jobs import Task
from styler.jobs.ledger import NAME, Ledger
from tests.cli.pictures import save


def test_ledger_is_right_whenever_it_was_killed(tmp_path: Path) -> None:
    job = Task(save(tmp_path / "a.jpg"), tmp_path / "out" / "a.jpg")
    (tmp_path / "out").mkdir()

    def ledger(**settings: object) -> Ledger:
        return Ledger(tmp_path / "out", settings)

    ledger(strength=1).begin(job)
    assert not ledger(strength=1).done(job), "killed before the picture was there"
    save(tmp_path / "out" / "a.jpg")
    assert ledger(strength=1).done(job), "killed right after it was there"
    assert not ledger(strength=2).done(job)
    ledger(strength=2).begin(job)
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
    torn.begin(job)
    assert [json.loads(line)["output"] for line in path.read_text().splitlines()[::2]] == [
        "a.jpg"
    ] * 2
