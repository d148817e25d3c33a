"""Worker processes: as many as wanted, one that is killed is replaced, and its picture taken up."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from types import FrameType
from typing import TYPE_CHECKING, Any

from styler.errors import StorageError, StylerError, one_line

from . import memory
from .outcome import Outcome
from .painter import Painter
from .queue import Queue
from .queue.leases import worker_name
from .room import Room
from .worker import work

if TYPE_CHECKING:
    from styler import Stylizer
    from styler.inference.engine import EngineName

__all__ = ["SHARE", "Crew", "asked_by_signals", "run"]

SHARE = 0.7
"""Of the memory that is free, where no limit is set."""

_RESTING = 150e6  # bytes of a worker that paints nothing
_FAILED = 1


@dataclass(frozen=True)
class Crew:
    """What all workers have in common; it travels to their processes.

    Attributes:
        queue: a SQLite file or a URL.
        workers: so many processes; 0 is as many as there is room for, on a cluster.
        engine, threads: as :class:`~styler.Stylizer` takes them; by default the workers share the
            processors.
        seconds: length of a lease.
        watch: go on with what comes into the queue.
        max_pixels: larger photos and paintings are refused.
        max_memory: bytes of all workers together; by default seven tenths of what is free.
        tell: is told what came of each picture, in the worker's process.
        prepare: done first in each further process.
    """

    queue: str
    workers: int = 1
    engine: EngineName = "auto"
    threads: int | None = None
    seconds: float = 60.0
    watch: bool = False
    max_pixels: int | None = None
    max_memory: float | None = None
    tell: Callable[[Outcome], object] = lambda outcome: None
    prepare: Callable[[], object] = lambda: None

    def open(self, model: str) -> Stylizer:
        """The network of a recipe."""
        from styler import Stylizer

        threads = self.threads
        if threads is None and self.workers > 1:
            threads = max(1, (os.cpu_count() or 1) // self.workers)
        return Stylizer(model, engine=self.engine, threads=threads)


def run(crew: Crew) -> signal.Signals | None:
    """Work until nothing is left, or until SIGINT or SIGTERM, which is told then.

    Raises:
        StorageError: the queue cannot be used, or a worker has failed.
    """
    limit = crew.max_memory
    if limit is None:
        limit = SHARE * memory.ceiling()
    with asked_by_signals() as asked:
        if crew.workers == 1:
            _work(crew, worker_name(), Room(limit), lambda: bool(asked))
        else:
            _several(crew, limit - crew.workers * _RESTING, asked)
        return asked[0] if asked else None


def _several(crew: Crew, limit: float, asked: list[signal.Signals]) -> None:
    context = get_context("spawn")
    places = context.Array("d", crew.workers, lock=False)
    queue = Queue.open(crew.queue)
    names = [""] * crew.workers

    def start(number: int) -> Any:
        names[number], places[number] = worker_name(number), 0.0
        room = Room(limit, places, number)
        process = context.Process(target=_process, args=(crew, names[number], room))
        process.start()
        return process

    running = {number: start(number) for number in range(crew.workers)}
    failed = False
    while running:
        wait([process.sentinel for process in running.values()], timeout=0.2)
        for number, process in [*running.items()]:
            if process.exitcode is None:
                if asked or failed:
                    process.terminate()
                continue
            del running[number]
            queue.leases.take_back(names[number])
            failed = failed or process.exitcode > 0
            if process.exitcode < 0 and not (asked or failed):
                running[number] = start(number)
    queue.close()
    if failed:
        raise StorageError("a worker has failed; what it said is above")


def _process(crew: Crew, name: str, room: Room) -> None:
    crew.prepare()
    parent = parent_process()
    with asked_by_signals() as asked:

        def stop() -> bool:
            return bool(asked) or (parent is not None and not parent.is_alive())

        try:
            _work(crew, name, room, stop)
        except StylerError as error:
            print(f"styler: {one_line(str(error))}", file=sys.stderr)
            sys.exit(_FAILED)


def _work(crew: Crew, name: str, room: Room, stop: Callable[[], bool]) -> None:
    queue = Queue.open(crew.queue)
    paint = Painter(crew.open, max_pixels=crew.max_pixels, room=room)
    work(
        queue,
        paint,
        name=name,
        seconds=crew.seconds,
        watch=crew.watch,
        stop=stop,
        tell=crew.tell,
    )
    queue.close()


@contextmanager
def asked_by_signals() -> Iterator[list[signal.Signals]]:
    """What has been asked for by signals, which end nothing by themselves."""
    asked: list[signal.Signals] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(signal.Signals(number))

    before = {s: signal.signal(s, note) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
