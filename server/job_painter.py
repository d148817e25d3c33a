"""Jobs painted by the server itself: each picture is let in as a request is, between the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from styler import imaging
from styler.errors import InputError
from styler.halt import AbandonedError, until
from styler.jobs import Job, Outcome, Task
from styler.jobs.clips import is_clip
from styler.jobs.heartbeat import Heartbeat
from styler.jobs.painter import encoded
from styler.jobs.queue import Queue
from styler.jobs.queue.leases import worker_name
from styler.jobs.worker import carry_out

from .admission import Admission, Cost
from .pipeline import Order, Painting, Pipeline
from .problems import Problem

__all__ = ["JobPainter"]

T = TypeVar("T")

_LEASE = 60.0  # seconds without a sign of life, after which another paints
_LOOK = 0.5  # seconds between looks into an empty queue
_LATER = ("queue-full", "wait-timeout", "deadline")  # what another moment may mend


class JobPainter:
    """A worker of the queue whose pictures take their turn among requests.

    Args:
        queue: from which it leases.
        admission: where each picture waits for its turn and for memory.
        pipeline: what paints.
        check: raises a ``Problem`` while nothing is to be begun.

    Attributes:
        held: bytes that a clip holds between two of its frames.
    """

    def __init__(
        self,
        queue: Queue,
        admission: Admission,
        pipeline: Callable[[], Pipeline],
        check: Callable[[], object],
    ) -> None:
        self._queue, self._admission = queue, admission
        self._pipeline, self._check = pipeline, check
        self._name, self._stopped, self.held = worker_name(), False, 0
        self._added = asyncio.Event()

    def wake(self) -> None:
        """There is something to paint."""
        self._added.set()

    def stop(self) -> None:
        """Give back what is painted at this moment."""
        self._stopped = True
        self.wake()

    async def next(self) -> None:
        """Paint what is next in the queue, or wait until something is.

        Raises:
            StorageError: the queue cannot be used.
        """
        lease = None
        leases = self._queue.leases
        with suppress(Problem):
            self._check()
            lease = await asyncio.to_thread(leases.take, self._name, seconds=_LEASE)
        if lease is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._added.wait(), _LOOK)
            self._added.clear()
            return
        loop = asyncio.get_running_loop()

        def paint(job: Job, source: Path, output: Path, heart: Heartbeat) -> Outcome:
            return self._paint(loop, job, source, output, heart)

        await asyncio.to_thread(
            carry_out, leases, lease, self._queue.job, paint, lambda: self._stopped
        )

    def _paint(
        self,
        loop: asyncio.AbstractEventLoop,
        job: Job,
        source: Path,
        output: Path,
        heart: Heartbeat,
    ) -> Outcome:
        """One picture, or each frame of a clip, when its turn has come."""
        pipeline = self._pipeline()
        if is_clip(source, output):
            return self._film(loop, pipeline, job, heart)
        job, _ = encoded(job, source, output)
        order = Order(replace(job, tasks=(Task(source.read_bytes()),)))
        cost = pipeline.cost(order)

        def work(abandoned: Callable[[], bool]) -> Painting:
            return pipeline.paint(order, lambda: abandoned() or heart.given_up())

        painting = self._let_in(loop, work, cost, heart)
        painted = imaging.header(painting.data)
        return Outcome(
            str(source),
            str(output),
            "painted",
            painted.width,
            painted.height,
            round(sum(painting.milliseconds.values()) / 1000, 3),
            warning=painting.note,
            data=painting.data,
        )

    def _film(
        self, loop: asyncio.AbstractEventLoop, pipeline: Pipeline, job: Job, heart: Heartbeat
    ) -> Outcome:
        self.held, cost = pipeline.clip_cost(heart.lease.source, job)

        def turn(paint: Callable[[], T]) -> T:
            def work(abandoned: Callable[[], bool]) -> T:
                with until(lambda: abandoned() or heart.given_up()):
                    return paint()

            return self._let_in(loop, work, cost, heart)

        try:
            return pipeline.film(job, heart, turn)
        finally:
            self.held = 0

    def _let_in(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Callable[[Callable[[], bool]], T],
        cost: Cost,
        heart: Heartbeat,
    ) -> T:
        """What comes of some work, tried as often as it takes to be let in."""
        while True:
            turn = asyncio.run_coroutine_threadsafe(self._admission.run(work, cost), loop)
            try:
                return _waited(turn, heart)
            except Problem as problem:
                if problem.kind.name == "too-large":
                    raise InputError(problem.detail) from None
                if problem.kind.name not in _LATER or heart.given_up():
                    raise AbandonedError(problem.detail) from None
                time.sleep(_LOOK)


def _waited(turn: Future[T], heart: Heartbeat) -> T:
    """What comes of a turn, which is let go where the picture is given up."""
    while True:
        try:
            return turn.result(_LOOK)
        except TimeoutError:
            if turn.done():
                raise
            if heart.given_up():
                turn.cancel()
                raise AbandonedError("the picture was given up") from None
