"""Bodies that are arriving: so many at a time, each at a least rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import UploadFile

from .problems import Problem

_GRACE = 5.0  # seconds before which nobody is too slow
_BEGINNING = 0.1  # seconds before which nobody has a speed


async def taken(upload: UploadFile) -> bytes:
    """The bytes of an upload, which does not keep them."""
    data = await upload.read()
    await upload.close()
    return data


class Arrival:
    """One body on its way."""

    def __init__(self, seconds: float, rate: float, clock: asyncio.Timeout) -> None:
        self.started, self.received = time.monotonic(), 0
        self._seconds, self._rate, self._clock = seconds, rate, clock

    def count(self, chunk: bytes) -> None:
        """Some more has arrived."""
        self.received += len(chunk)
        self.expect()

    def expect(self) -> None:
        """Set the time by which there must be more, at the latest that of the whole body."""
        patience = _GRACE + self.received / self._rate
        until = self.started + min(self._seconds, patience)
        self._clock.reschedule(asyncio.get_running_loop().time() + until - time.monotonic())

    @property
    def speed(self) -> float:
        """Bytes a second so far; of those that just began, infinite."""
        gone = time.monotonic() - self.started
        return self.received / gone if gone > _BEGINNING else float("inf")

    def cut_off(self) -> None:
        """Give its place to another."""
        if not self._clock.expired():
            self._clock.reschedule(asyncio.get_running_loop().time())


class Uploads:
    """The bodies on their way into one worker process.

    Args:
        most: so many at a time.
        most_bytes: of all of them together.
        seconds: for each to arrive.
        rate: least bytes a second, after the first seconds.
    """

    def __init__(self, *, most: int, most_bytes: int, seconds: float, rate: float) -> None:
        self.most, self.most_bytes = most, most_bytes
        self.seconds, self.rate = seconds, rate
        self.arriving: set[Arrival] = set()

    def count(self, arrival: Arrival, chunk: bytes) -> None:
        """Some more of a body has arrived. Raises a ``Problem`` (429) where there is no room."""
        arrival.count(chunk)
        if sum(other.received for other in self.arriving) > self.most_bytes:
            raise self._busy()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Arrival]:
        """Let one body in. Where there are too many, the slowest goes, if it is slow.

        Raises a ``Problem``: 429 where there is no room, 408 for a body that is too slow.
        """
        if len(self.arriving) >= self.most:
            slowest = min(self.arriving, key=lambda arrival: arrival.speed)
            if slowest.speed > 10 * self.rate:
                raise self._busy()
            self.arriving.discard(slowest)
            slowest.cut_off()
        arrival = None
        try:
            async with asyncio.timeout(self.seconds) as clock:
                arrival = Arrival(self.seconds, self.rate, clock)
                arrival.expect()
                self.arriving.add(arrival)
                yield arrival
        except TimeoutError:
            raise Problem(
                "upload-timeout",
                f"the upload took longer than {self.seconds:g} s, or came slower than "
                f"{self.rate:g} bytes a second; send less or faster",
            ) from None
        finally:
            if arrival is not None:
                self.arriving.discard(arrival)

    @staticmethod
    def _busy() -> Problem:
        return Problem(
            "queue-full",
            "too many uploads are arriving already; try again in 1 s",
            headers={"Retry-After": "1"},
        )
