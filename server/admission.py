"""One heavy job at a time, off the event loop, behind a queue of bounded length.

A request takes a place before its body is read and keeps it until it is answered, so that
uploads waiting in memory are bounded too: at most ``1 + queue`` of them. Who finds no place is
refused at once; who waits too long for the turn is sent away.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from .problems import Problem

T = TypeVar("T")


class Admission:
    """The door of one worker process. ``queue`` requests may wait, each at most ``wait`` s."""

    def __init__(self, *, queue: int, wait: float) -> None:
        self.queue = queue
        self.wait = wait
        self.taken = 0
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, "styler")
        self._seconds = 1.0  # a smoothed job duration; only ever used for Retry-After

    @property
    def running(self) -> bool:
        return self._turn.locked()

    @property
    def full(self) -> bool:
        return self.taken > self.queue

    @property
    def retry_after(self) -> int:
        """Seconds until the requests now inside are probably done, 1 to 60."""
        return min(60, max(1, math.ceil(self._seconds * self.taken)))

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for as long as a request is inside, or refuse it at once (429)."""
        if self.full:
            seconds = self.retry_after
            raise Problem(
                "queue-full",
                f"{self.taken} requests are inside already; try again in {seconds} s",
                headers={"Retry-After": str(seconds)},
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    async def run(self, job: Callable[[], T], *, abandon: Callable[[], None] | None = None) -> T:
        """The result of ``job()``, run in the worker thread when its turn has come.

        A job that runs cannot be killed: on cancellation ``abandon`` is called so that it may
        stop early, and the turn is passed on only when it really has ended.
        """
        try:
            async with asyncio.timeout(self.wait):
                await self._turn.acquire()
        except TimeoutError:
            raise Problem(
                "wait-timeout",
                f"no turn came within {self.wait:g} s; try again later",
                headers={"Retry-After": str(self.retry_after)},
            ) from None
        try:
            started = time.monotonic()
            future = asyncio.get_running_loop().run_in_executor(self._thread, job)
            try:
                result = await asyncio.shield(future)
            except asyncio.CancelledError:
                if abandon:
                    abandon()
                await asyncio.wait({future})
                if not future.cancelled():
                    future.exception()  # seen, and of no interest to anybody any more
                raise
            self._seconds += 0.2 * (time.monotonic() - started - self._seconds)
            return result
        finally:
            self._turn.release()

    def close(self) -> None:
        """Wait for the job that runs, and take no more."""
        self._thread.shutdown(wait=True, cancel_futures=True)
