"""Jobs are added once, by what they are about; looked at, tried again, called off, forgotten."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from styler.controls import Controls
from styler.errors import InputError, OutputError
from styler.jobs import Job, Recipe
from styler.jobs.queue import Queue, contents
from tests.cli.pictures import save
from tests.jobs.queue.test_leases import finish, take

Added = Callable[..., str]
Ordered = Callable[..., Job]


def test_the_same_job_is_queued_once(queue: Queue, added: Added) -> None:
    assert added(2) == added(2)
    (status,) = queue.statuses()
    assert (status.total, status.state, status.progress) == (2, "queued", 0.0)
    finish(queue, take(queue))
    assert added(2) == status.id
    assert queue.status(status.id).counts["done"] == 1


def test_another_content_recipe_or_place_is_another_job(
    queue: Queue, ordered: Ordered, tmp_path: Path
) -> None:
    job = ordered()
    ids = {queue.add(job, contents(job))}
    strong = Recipe(job.recipe.styles, Controls(strength=0.5))
    for other in (replace(job, recipe=strong), ordered(1, "elsewhere"), ordered(2)):
        ids.add(queue.add(other, contents(other)))
    ids.add(queue.add(job, contents(job), owner="somebody"))
    save(tmp_path / "photos" / "000.png", 8, 6, seed=9)
    ids.add(queue.add(job, contents(job)))
    assert len(ids) == len(queue.statuses()) == 6


def test_what_was_ordered_comes_back(queue: Queue, ordered: Ordered) -> None:
    job = ordered(2)
    masked = replace(job.recipe, only=b"\x89PNG", controls=Controls(size="2MP"))
    job = replace(job, recipe=masked, saving=replace(job.saving, quality=7), page=3)
    assert queue.job(queue.add(job, contents(job))) == replace(job, tasks=())


def test_names_that_are_no_text(queue: Queue, ordered: Ordered, tmp_path: Path) -> None:
    """Files of any name: bytes that are no UTF-8, quotes, line ends."""
    job = ordered()
    odd = tmp_path / "photos" / "a\udcff'\"\n.png"
    job.tasks[0].source.rename(odd)  # type: ignore[union-attr]
    job = replace(job, tasks=(replace(job.tasks[0], source=odd),))
    queue.add(job, contents(job))
    assert take(queue).source == odd


def test_nothing_to_do(queue: Queue, ordered: Ordered) -> None:
    with pytest.raises(InputError, match="no pictures to queue"):
        queue.add(replace(ordered(), tasks=()), [])


def test_what_is_there_is_in_the_way(queue: Queue, ordered: Ordered) -> None:
    job = ordered()
    output = job.tasks[0].output
    assert output is not None
    output.parent.mkdir()
    output.write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists; choose another -o"):
        queue.add(job, contents(job))
    assert not queue.statuses()
    forced = replace(job, saving=replace(job.saving, force=True))
    queue.add(forced, contents(forced))


def test_added_again_when_its_output_is_gone(queue: Queue, added: Added) -> None:
    id = added(2)
    for _ in range(2):
        finish(queue, take(queue))
    queue.entries(id)[1].output.unlink()
    assert added(2) == id
    assert [entry.state for entry in queue.entries(id)] == ["done", "queued"]


def test_cancelled_and_tried_again(queue: Queue, added: Added) -> None:
    id = added(3)
    finish(queue, take(queue))
    lease = take(queue)
    assert queue.cancel(id) == 2
    assert not queue.leases.renew(lease)
    assert queue.leases.take("two") is None
    status = queue.status(id)
    assert (status.state, status.over, status.progress) == ("cancelled", True, 1.0)
    assert queue.cancel(id) == 0
    assert queue.retry(id) == 2
    assert queue.status(id).state == "running"
    assert take(queue).attempt == 1


def test_by_the_beginning_of_its_id(queue: Queue, added: Added) -> None:
    id, other = added(1), added(2)
    assert queue.find(id[:9].upper()) == id
    same = next(n for n in range(32) if id[:n] != other[:n]) - 1
    for wrong, why in (("%", "no job"), ("", "no job"), ("f" * 32, "no job")):
        with pytest.raises(InputError, match=why):
            queue.find(wrong)
    if same:
        with pytest.raises(InputError, match="several jobs begin so"):
            queue.find(id[:same])


def test_unknown_jobs(queue: Queue, added: Added) -> None:
    id = added()
    for ask in (queue.job, queue.status, queue.renew):
        with pytest.raises(InputError, match="there is no such job"):
            ask("0" * 32)
    with pytest.raises(InputError, match="there is no such job"):
        queue.status(id, "somebody else")


def test_forgotten_with_all_that_is_known_of_it(queue: Queue, added: Added) -> None:
    id = added()
    lease = take(queue)
    queue.remove(id)
    assert not queue.leases.renew(lease)
    assert (queue.statuses(), queue.entries(id), queue.log(id)) == ([], [], [])


def test_kept_for_a_time(queue: Queue, ordered: Ordered, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ordered()
    id = queue.add(job, contents(job), keep=100.0)
    job.tasks[0].output.parent.mkdir()  # type: ignore[union-attr]
    assert queue.unfinished() == 1
    finish(queue, take(queue))
    assert queue.unfinished() == 0
    assert queue.outlived() == []
    later = time.time() + 101
    monkeypatch.setattr("styler.jobs.queue.queue.time.time", lambda: later)
    assert queue.outlived() == [id]


def test_its_end_is_told_once(queue: Queue, ordered: Ordered) -> None:
    job = ordered()
    id = queue.add(job, contents(job), webhook="https://example.org/told")
    assert queue.announce(60) == []
    queue.cancel(id)
    assert [status.id for status in queue.announce(60)] == [id]
    assert queue.announce(60) == []
    queue.postpone(id, -1)
    assert [status.webhook for status in queue.announce(60)] == ["https://example.org/told"]
    queue.announced(id, "answered 200")
    queue.postpone(id, 1e9)
    assert queue.announce(60) == []
    assert queue.log(id)[-1].detail == "answered 200"
