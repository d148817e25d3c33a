"""What a worker makes of a picture: done, failed, tried again, given back, or nothing."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from styler.errors import ImageError, WeightsError
from styler.halt import AbandonedError
from styler.jobs import Job, Outcome
from styler.jobs.heartbeat import Heartbeat
from styler.jobs.queue import Queue
from styler.jobs.worker import work
from tests.jobs.queue.conftest import added, ordered

__all__ = ["added", "ordered"]

Added = Callable[..., str]
Made = Callable[[Heartbeat], None]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with contextlib.closing(Queue.open(tmp_path / "jobs.sqlite")) as queue:
        yield queue


def paint(queue: Queue, made: Made = lambda heart: None, **options: object) -> list[Outcome]:
    """What is told of it where each painting is some bytes."""
    told: list[Outcome] = []

    def painter(job: Job, source: Path, output: Path, heart: Heartbeat) -> Outcome:
        made(heart)
        return Outcome(str(source), str(output), "painted", 8, 6, 0.1, data=b"painted")

    work(queue, painter, name="one", tell=told.append, **options)  # type: ignore[arg-type]
    return told


def test_until_nothing_is_left(queue: Queue, added: Added) -> None:
    id = added(3)
    assert [outcome.status for outcome in paint(queue)] == ["painted"] * 3
    assert queue.status(id).state == "done"
    assert {e.output.read_bytes() for e in queue.entries(id)} == {b"painted"}
    assert queue.entries(id)[0].facts == {"width": 8, "height": 6, "seconds": 0.1, "warning": None}
    folder = queue.entries(id)[0].output.parent
    assert {path.name for path in folder.iterdir()} == {
        "000.png", "001.png", "002.png", ".styler.jsonl",
    }  # fmt: skip


def test_a_picture_at_fault_fails_and_the_others_do_not(queue: Queue, added: Added) -> None:
    id = added(2)
    broken = iter([ImageError("broken\nas it is")])

    def made(heart: Heartbeat) -> None:
        for error in broken:
            raise error

    first, second = paint(queue, made)
    assert (first.error, second.status) == ("broken as it is", "painted")
    assert queue.status(id).state == "failed"
    assert queue.entries(id)[0].error == "broken as it is"


@pytest.mark.parametrize("error", [WeightsError("gone"), MemoryError(), RuntimeError()])
def test_what_may_mend_is_tried_again(
    queue: Queue, added: Added, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("styler.jobs.queue.leases._PAUSE", 0.01)
    id, left = added(), [error]

    def made(heart: Heartbeat) -> None:
        if left:
            raise left.pop()

    failed, painted = paint(queue, made)
    assert (failed.status, painted.status) == ("failed", "painted")
    assert failed.error
    assert [e.event for e in queue.log(id)] == ["added", "leased", "retried", "leased", "done"]


def test_not_the_picture_that_was_ordered(queue: Queue, added: Added) -> None:
    id = added(2)
    first, second = (entry.source for entry in queue.entries(id))
    first.write_bytes(second.read_bytes())
    second.unlink()
    changed, gone = (outcome.error or "" for outcome in paint(queue))
    assert "has changed since it was queued; add it again" in changed
    assert "is not there any more" in gone


def test_what_is_in_the_way_is_not_painted_over(queue: Queue, added: Added) -> None:
    id = added()
    output = queue.entries(id)[0].output
    (failed,) = paint(queue, lambda heart: output.write_bytes(b"mine") and None)
    assert "exists already" in (failed.error or "")
    assert output.read_bytes() == b"mine"


def test_called_off_while_it_is_painted(queue: Queue, added: Added) -> None:
    id = added()

    def made(heart: Heartbeat) -> None:
        queue.cancel(id)
        while not heart.given_up():
            time.sleep(0.01)
        raise AbandonedError("given up")

    assert paint(queue, made, seconds=0.1) == []
    assert queue.status(id).state == "cancelled"


def test_called_off_and_painted_all_the_same(queue: Queue, added: Added) -> None:
    id = added()
    assert paint(queue, lambda heart: queue.cancel(id) and None) == []
    assert queue.status(id).state == "cancelled"
    assert not queue.entries(id)[0].output.exists()


def test_stopped_while_it_is_painted(queue: Queue, added: Added) -> None:
    id, stopped = added(), [False]

    def made(heart: Heartbeat) -> None:
        stopped[0] = True
        assert heart.given_up()
        raise AbandonedError("given up")

    assert paint(queue, made, stop=lambda: stopped[0]) == []
    (entry,) = queue.entries(id)
    assert (entry.state, entry.attempts) == ("queued", 0)


def test_a_long_picture_stays_its_workers(queue: Queue, added: Added) -> None:
    added()

    def made(heart: Heartbeat) -> None:
        heart.progress = 0.5
        time.sleep(0.6)
        assert not heart.given_up()
        assert queue.leases.take("two") is None
        assert queue.statuses()[0].progress == 0.5

    assert [outcome.status for outcome in paint(queue, made, seconds=0.3)] == ["painted"]


def test_what_a_killed_worker_left_is_taken_up(queue: Queue, added: Added) -> None:
    id = added()
    lease = queue.leases.take("dead", seconds=0.0)
    assert lease is not None
    left = lease.output.parent / f".{id}-0-{lease.token}.styler-part"
    left.write_bytes(b"half")
    assert [outcome.status for outcome in paint(queue)] == ["painted"]
    assert not left.exists()
