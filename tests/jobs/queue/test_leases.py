"""A picture is one worker's at a time, and is put where it belongs once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from styler import files
from styler.jobs.queue import Lease, LeaseLostError, Queue, leases
from styler.jobs.queue.leases import ATTEMPTS

Added = Callable[..., str]


class Clock:
    """The time, which a test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    return clock


def take(queue: Queue, worker: str = "one", seconds: float = 60.0) -> Lease:
    lease = queue.leases.take(worker, seconds=seconds)
    assert lease is not None
    return lease


def finish(queue: Queue, lease: Lease, data: bytes = b"painted") -> None:
    with files.beside(lease.output) as temporary:
        temporary.write_bytes(data)
        queue.leases.put(lease, temporary, facts={"width": 8})


def told(queue: Queue, id: str) -> list[str]:
    return [event.event for event in queue.log(id)]


def test_in_their_order_and_each_once(queue: Queue, added: Added) -> None:
    id = added(3)
    assert [take(queue).number for _ in range(3)] == [0, 1, 2]
    assert queue.leases.take("two") is None
    assert queue.leases.left()
    assert queue.status(id).state == "running"


def test_done_is_told_with_the_output(queue: Queue, added: Added) -> None:
    id = added()
    lease = take(queue)
    finish(queue, lease)
    assert lease.output.read_bytes() == b"painted"
    (entry,) = queue.entries(id)
    assert (entry.state, entry.facts, entry.attempts) == ("done", {"width": 8}, 1)
    assert told(queue, id) == ["added", "leased", "done"]
    assert not queue.leases.left()
    assert not queue.leases.renew(lease)


def test_no_sign_of_life_and_it_is_anothers(queue: Queue, added: Added, clock: Clock) -> None:
    id = added()
    first = take(queue, "one")
    clock.ahead = 50
    assert queue.leases.renew(first, 0.5, {"frames": 8})
    assert [entry.facts for entry in queue.entries(first.job)][first.number] == {"frames": 8}
    assert queue.status(id).progress == 0.5
    clock.ahead = 100
    assert queue.leases.take("two") is None
    clock.ahead = 111
    second = take(queue, "two")
    assert second.attempt == 2
    assert not queue.leases.renew(first)
    with pytest.raises(LeaseLostError):
        finish(queue, first, b"of the first")
    queue.leases.give_up(first, "too late", again=False)
    queue.leases.give_back(first)
    assert not second.output.exists()
    finish(queue, second, b"of the second")
    assert second.output.read_bytes() == b"of the second"
    assert told(queue, id) == ["added", "leased", "lost", "leased", "done"]


def test_killed_before_the_output_is_there(
    queue: Queue, added: Added, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was told what was to be put, and is not put: it is painted again."""
    added()
    first = take(queue)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files, "place", killed)
        finish(queue, first, b"of the first")
    clock.ahead = 61
    second = take(queue, "two")
    assert second.written and not queue.leases.found(second)
    with pytest.raises(LeaseLostError):
        finish(queue, first, b"of the first")
    finish(queue, second, b"of the second")
    assert second.output.read_bytes() == b"of the second"


def test_killed_between_the_output_and_the_telling(
    queue: Queue, added: Added, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = added()
    lease = take(queue)

    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "sync_folder", killed)
    with pytest.raises(KeyboardInterrupt):
        finish(queue, lease)
    assert lease.output.exists()
    assert queue.status(id).state == "running"
    clock.ahead = 61
    second = take(queue, "two")
    assert queue.leases.found(second)
    assert queue.status(id).state == "done"
    assert [event.detail for event in queue.log(id) if event.event == "done"] == ["found"]


def test_what_is_found_is_what_was_to_be_put(queue: Queue, added: Added, clock: Clock) -> None:
    """A file of somebody else's is not taken for the painting, nor painted over."""
    added()
    lease = take(queue)
    assert not queue.leases.found(lease)
    lease.output.write_bytes(b"of somebody else")
    assert not queue.leases.found(lease)
    with pytest.raises(FileExistsError):
        finish(queue, lease)
    clock.ahead = 61
    again = take(queue)
    assert not queue.leases.found(again)
    lease.output.write_bytes(b"")  # the name alone, as a disk without links leaves it to a kill
    finish(queue, again)
    assert lease.output.read_bytes() == b"painted"


def test_again_after_a_while_and_not_for_ever(queue: Queue, added: Added, clock: Clock) -> None:
    id = added()
    for attempt in range(1, ATTEMPTS + 1):
        lease = take(queue)
        assert lease.attempt == attempt
        queue.leases.give_up(lease, "disk\nfull", again=True)
        assert queue.leases.take("one") is None
        assert queue.entries(id)[0].error == "disk?full"
        clock.ahead += 2**attempt + 1
    assert queue.status(id).state == "failed"
    assert told(queue, id).count("retried") == ATTEMPTS - 1
    assert queue.retry(id) == 1
    assert take(queue).attempt == 1


def test_a_picture_that_kills_its_workers_fails(queue: Queue, added: Added, clock: Clock) -> None:
    id = added()
    for _ in range(ATTEMPTS):
        take(queue)
        clock.ahead += 61
    assert queue.leases.take("one") is None
    (entry,) = queue.entries(id)
    assert (entry.state, entry.error) == ("failed", f"its worker was lost {ATTEMPTS} times")


def test_no_further_attempt_mends_it(queue: Queue, added: Added) -> None:
    id = added()
    queue.leases.give_up(take(queue), "no picture", again=False)
    assert queue.status(id).state == "failed"


def test_given_back_is_as_never_begun(queue: Queue, added: Added) -> None:
    added()
    queue.leases.give_back(take(queue))
    assert take(queue, "two").attempt == 1


def test_those_of_a_dead_worker_at_once(queue: Queue, added: Added) -> None:
    added(2)
    dead, alive = take(queue, "dead"), take(queue, "alive")
    queue.leases.take_back("dead")
    assert take(queue, "third").number == dead.number
    assert queue.leases.renew(alive)


def test_many_workers_at_once(where: str, queue: Queue, added: Added) -> None:
    id = added(60)
    taken: list[int] = []

    def work(name: str) -> None:
        own = Queue.open(where)
        while lease := own.leases.take(name):
            taken.append(lease.number)
            finish(own, lease)
        own.close()

    threads = [threading.Thread(target=work, args=(f"worker {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [*range(60)]
    assert queue.status(id).state == "done"
    assert set(Counter(e.number for e in queue.log(id) if e.event == "done").values()) == {1}
