"""Workers as processes: killed at random they lose nothing and do nothing twice."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from styler.jobs.queue import Queue
from tests.jobs.queue.conftest import added, ordered, postgres_url, queue, where

__all__ = ["added", "ordered", "postgres_url", "queue", "where"]

Added = Callable[..., str]


@contextlib.contextmanager
def running(where: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "styler.cli", "jobs", "run", "--queue", where]
    command += ["--threads", "1", "--quiet", *options]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def pids(queue: Queue, id: str) -> list[int]:
    """Of the workers that have begun a picture, the latest first."""
    found = [e.worker for e in queue.log(id) if e.event == "leased" and e.worker]
    parents = [int(worker.split("-")[-3]) for worker in found]
    return [*dict.fromkeys(reversed(parents))]


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def check(queue: Queue, id: str, count: int) -> None:
    """Every output is there, whole and made once."""
    entries = queue.entries(id)
    assert [entry.state for entry in entries] == ["done"] * count
    for entry in entries:
        with Image.open(entry.output) as image:
            image.load()
    names = {path.name for path in entries[0].output.parent.iterdir()}
    assert names == {entry.output.name for entry in entries} | {".styler.jsonl"}
    done = Counter(e.number for e in queue.log(id) if e.event == "done")
    assert (len(done), set(done.values())) == (count, {1})


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_killed_worker_is_replaced_at_once(where: str, added: Added, queue: Queue) -> None:
    """The lease is an hour: it is the others that know."""
    id = added(6)
    with running(where, "--workers", "2", "--lease", "3600") as process:
        until(lambda: any(e.event == "leased" for e in queue.log(id)))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            pytest.skip("the system does not tell a process's children")
        for child in map(int, children.read_text().split()):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)
        assert process.wait(60) == 0
    check(queue, id, 6)


@pytest.mark.slow
def test_killed_at_random(where: str, queue: Queue, added: Added) -> None:
    """As ``benchmarks/job_kills.py`` does it with a thousand."""
    count, chance = 60, random.Random(0)
    id = added(count)
    with contextlib.ExitStack() as stack:
        crew = [stack.enter_context(running(where, "--lease", "3")) for _ in range(3)]
        for kill in range(4):
            until(lambda kill=kill: queue.status(id).counts["done"] >= 5 + 10 * kill)
            alive = {process.pid: n for n, process in enumerate(crew) if process.poll() is None}
            pid = next(pid for pid in pids(queue, id) if pid in alive)
            time.sleep(chance.uniform(0, 0.1))
            crew[alive[pid]].kill()
            crew[alive[pid]].wait()
            crew[alive[pid]] = stack.enter_context(running(where, "--lease", "3"))
        for process in crew:
            assert process.wait(120) == 0
    check(queue, id, count)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_a_signal_gives_back_what_is_painted(where: str, added: Added, queue: Queue) -> None:
    id = added(200)
    with running(where) as process:
        until(lambda: queue.status(id).counts["done"])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    counts = queue.status(id).counts
    assert counts["running"] == 0
    assert counts["queued"] + counts["done"] == 200
    assert all(entry.attempts == 0 for entry in queue.entries(id) if entry.state == "queued")
