"""Who is let in, by what it costs, and whose turn it is.

A request enters when its body is there and the headers of its pictures tell what it costs. It is
refused at once where places, pixels or memory are taken, and told when they will probably be free.
Inside there are three lanes, each with a thread, so that thumbnails do not wait for previews, nor
these for a large picture; in a lane the shortest goes first, unless others have waited long enough.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from .problems import Problem

T = TypeVar("T")

_LANES = (0.5e6, 6e6, math.inf)  # work of each: photos of 0.1 and 4 megapixels, about
_FIXED = 1e6  # work of a request besides that of its pixels
_AGEING = 4.0  # a request overtakes nobody who came this many of its own durations before it
_LONGEST = 600  # seconds that anybody is told to wait
_REST = 2.0  # seconds without a request after which it is quiet
_ENDING = 1.0  # seconds that what runs has to stop when all is closed


@dataclass(frozen=True)
class Cost:
    """What a request takes.

    Attributes:
        held: bytes it holds while it waits.
        painting: bytes it holds besides while it is painted.
        pixels: of all its pictures.
        work: pixels, those of the canvas counted as often as they take longer.
    """

    held: int = 0
    painting: int = 0
    pixels: int = 0
    work: float = 0

    @property
    def lane(self) -> int:
        """Which lane it goes into, from the quickest."""
        return sum(self.work > most for most in _LANES)


@dataclass(eq=False)
class _Ticket:
    cost: Cost
    job: Callable[[Callable[[], bool]], Any]
    result: asyncio.Future[Any]
    placed: float = field(default_factory=time.monotonic)
    started: float | None = None
    abandoned: threading.Event = field(default_factory=threading.Event)
    clock: asyncio.Timeout | None = None
    sent_away: Problem | None = None


class _Lane:
    def __init__(self, name: str) -> None:
        self.thread = ThreadPoolExecutor(1, name)
        self.waiting: list[_Ticket] = []
        self.running: _Ticket | None = None


class Admission:
    """The door of one worker process.

    Args:
        queue: requests that may be inside besides one that is painted.
        wait: seconds that a request waits for its turn at most.
        deadline: seconds from its entry to its end.
        pixels: of all requests inside together.
        memory: bytes that all requests inside may take together; asked at each entry.
        pace: seconds of a unit of work, for a start.
        quiet: called when nothing has been inside for some seconds.
    """

    def __init__(
        self,
        *,
        queue: int,
        wait: float,
        deadline: float = math.inf,
        pixels: float = math.inf,
        memory: Callable[[], float] = lambda: math.inf,
        pace: float = 0.6e-6,
        quiet: Callable[[], None] = lambda: None,
    ) -> None:
        self.queue, self.wait, self.deadline = queue, wait, deadline
        self.pixels, self.memory, self.quiet = pixels, memory, quiet
        self._rest: asyncio.TimerHandle | None = None
        self.closed: Callable[[], Problem] | None = None
        self._inside: set[_Ticket] = set()
        self._lanes = [_Lane(f"styler-{number}") for number in range(len(_LANES))]
        self.pace = pace  # smoothed over what has been done

    @property
    def taken(self) -> int:
        """Requests inside, and those that left and still are painted."""
        return len(self._inside)

    @property
    def running(self) -> bool:
        """Whether a job runs, wanted or not."""
        return any(lane.running for lane in self._lanes)

    @property
    def full(self) -> bool:
        return self.taken > self.queue

    @property
    def retry_after(self) -> int:
        """Seconds until the requests now inside are probably done, 1 to 600."""
        seconds = [0.0] * len(_LANES)
        for ticket in self._inside:
            gone = 0.0 if ticket.started is None else time.monotonic() - ticket.started
            seconds[ticket.cost.lane] += max(0.0, self._seconds(ticket.cost) - gone)
        return min(_LONGEST, max(1, math.ceil(max(seconds))))

    def check(self) -> None:
        """Refuse (429, 503) what can be refused before the body is read."""
        if self.closed:
            raise self.closed()
        if self.full:
            raise self._busy(f"{self.taken} requests are inside already")

    async def load(self, job: Callable[[], T]) -> T:
        """The result of ``job()``, run in the thread of the quickest lane."""
        return await asyncio.get_running_loop().run_in_executor(self._lanes[0].thread, job)

    async def run(self, job: Callable[[Callable[[], bool]], T], cost: Cost | None = None) -> T:
        """The result of ``job(abandoned)`` when its turn has come.

        A job that runs cannot be killed: on cancellation, or when time is up, ``abandoned()``
        becomes true so that it may stop early; its place and turn are free when it really has
        ended.
        """
        ticket = self._enter(job, cost or Cost())
        lane = self._lanes[ticket.cost.lane]
        lane.waiting.append(ticket)
        try:
            async with asyncio.timeout(min(self.wait, self.deadline)) as ticket.clock:
                self._advance(lane)
                result: T = await ticket.result
                return result
        except TimeoutError:
            if not ticket.clock or not ticket.clock.expired():
                raise  # the job's own
            raise ticket.sent_away or self._late(ticket) from None
        finally:
            ticket.abandoned.set()
            if ticket in lane.waiting:
                lane.waiting.remove(ticket)
                self._inside.discard(ticket)

    def before(self, job: Callable[..., Any]) -> int | None:
        """How many go before a job that :meth:`run` has; ``None`` where its turn has come."""
        for lane in self._lanes:
            for ticket in lane.waiting:
                if ticket.job == job:
                    mine = self._rank(ticket)
                    ahead = sum(self._rank(other) < mine for other in lane.waiting)
                    return ahead + (lane.running is not None)
        return None

    def send_away(self, problem: Callable[[], Problem]) -> None:
        """Answer everybody inside with a problem, and let in nobody else."""
        self.closed = problem
        for ticket in self._inside:
            if ticket.clock is not None and not ticket.result.done():
                ticket.sent_away = problem()
                ticket.clock.reschedule(asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Take no more, and call off the jobs that run: :attr:`running` is whether some go on."""
        for ticket in self._inside:
            ticket.abandoned.set()
        until = time.monotonic() + _ENDING
        while self.running and time.monotonic() < until:
            await asyncio.sleep(0.01)
        for lane in self._lanes:
            lane.thread.shutdown(wait=not self.running, cancel_futures=True)

    def _enter(self, job: Callable[[Callable[[], bool]], Any], cost: Cost) -> _Ticket:
        self.check()
        if cost.pixels > self.pixels:
            raise Problem(
                "too-large",
                f"the pictures have {cost.pixels / 1e6:.0f} megapixels together, over the "
                f"{self.pixels / 1e6:.0f} that are taken; send smaller ones",
            )
        limit = self.memory()
        if cost.held + cost.painting > limit:
            raise Problem(
                "too-large",
                f"painting this takes about {cost.painting / 1e6:.0f} MB of memory, more than "
                "there is; send smaller pictures, or paint smaller (size, canvas)",
            )
        everybody = [*(ticket.cost for ticket in self._inside), cost]
        if sum(other.pixels for other in everybody) > self.pixels:
            raise self._busy("too many pixels are inside already")
        peaks = [0] * len(_LANES)  # each lane paints one at a time
        for other in everybody:
            peaks[other.lane] = max(peaks[other.lane], other.painting)
        if sum(other.held for other in everybody) + sum(peaks) > limit:
            raise self._busy("too much memory is taken already")
        ticket = _Ticket(cost, job, asyncio.get_running_loop().create_future())
        self._inside.add(ticket)
        if self._rest is not None:
            self._rest.cancel()
        return ticket

    def _advance(self, lane: _Lane) -> None:
        waiting = [ticket for ticket in lane.waiting if not ticket.result.done()]
        if lane.running or not waiting:
            return
        ticket = min(waiting, key=self._rank)
        lane.waiting.remove(ticket)
        lane.running, ticket.started = ticket, time.monotonic()
        loop = asyncio.get_running_loop()
        if ticket.clock is not None and math.isfinite(self.deadline):
            left = ticket.placed + self.deadline - ticket.started
            ticket.clock.reschedule(loop.time() + left)
        elif ticket.clock is not None:
            ticket.clock.reschedule(None)
        future = loop.run_in_executor(lane.thread, ticket.job, ticket.abandoned.is_set)
        future.add_done_callback(partial(self._ended, lane, ticket))

    def _ended(self, lane: _Lane, ticket: _Ticket, future: asyncio.Future[Any]) -> None:
        lane.running = None
        self._inside.discard(ticket)
        error = None if future.cancelled() else future.exception()
        if not ticket.result.done():
            if future.cancelled():
                ticket.result.cancel()
            elif error is not None:
                ticket.result.set_exception(error)
            else:
                ticket.result.set_result(future.result())
        if error is None and not ticket.abandoned.is_set() and ticket.started is not None:
            took = (time.monotonic() - ticket.started) / (_FIXED + ticket.cost.work)
            self.pace += 0.2 * (took - self.pace)
        self._advance(lane)
        if not self._inside:
            self._rest = asyncio.get_running_loop().call_later(_REST, self.quiet)

    def _rank(self, ticket: _Ticket) -> float:
        return ticket.placed + _AGEING * self._seconds(ticket.cost)

    def _seconds(self, cost: Cost) -> float:
        return self.pace * (_FIXED + cost.work)

    def _busy(self, why: str) -> Problem:
        seconds = self.retry_after
        return Problem(
            "queue-full",
            f"{why}; try again in {seconds} s",
            headers={"Retry-After": str(seconds)},
        )

    def _late(self, ticket: _Ticket) -> Problem:
        headers = {"Retry-After": str(self.retry_after)}
        if ticket.started is None:
            return Problem(
                "wait-timeout",
                f"no turn came within {self.wait:g} s; try again later",
                headers=headers,
            )
        return Problem(
            "deadline",
            f"it was not done within {self.deadline:g} s; send smaller pictures, or try again "
            "when there is less to do",
            headers=headers,
        )
