"""Painting what is queued on the machines of a Ray cluster, by actors that hold a network each.

This process alone knows the queue and the files: a picture goes to an actor by Ray's object store,
and its painting comes back. An actor has one at a time, so that what is on its way is bounded by
their number. One whose node is lost is started anew by Ray where there is room; its picture is
leased again like that of any lost worker.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from styler.errors import InputError, MissingDependencyError, one_line
from styler.halt import AbandonedError

from . import memory
from .heartbeat import Heartbeat
from .job import Job
from .outcome import Outcome
from .painter import Painter
from .queue import LeaseLostError, Queue
from .queue.leases import worker_name
from .room import Room
from .worker import work
from .workers import SHARE, Crew, asked_by_signals

__all__ = ["run"]

_LOOK = 0.2  # seconds between two looks at what an actor does
_PATIENCE = 10.0  # seconds for a cluster to answer


class Actor:
    """Paints on a node of the cluster.

    Args:
        crew: how.
    """

    def __init__(self, crew: Crew) -> None:
        self._crew, self._given_up = crew, 0
        self._painter: Painter | None = None

    def ready(self) -> None:
        """Answer; whoever has asked knows that a node has room for this actor."""

    def paint(self, number: int, job: Job, source: Path, output: Path, data: bytes) -> Outcome:
        """As :meth:`Painter.paint`; a picture is given up by its number, which grows."""
        if self._painter is None:
            self._crew.prepare()
            room = Room(self._crew.max_memory or SHARE * memory.ceiling() * _part())
            self._painter = Painter(self._crew.open, max_pixels=self._crew.max_pixels, room=room)

        def given_up() -> bool:
            return self._given_up >= number

        return self._painter.paint(job, source, output, given_up, data=data)

    def give_up(self, number: int) -> None:
        """Stop painting the picture of this number, and those before it."""
        self._given_up = number


def run(crew: Crew, address: str | None = None) -> signal.Signals | None:
    """Work until nothing is left, or until SIGINT or SIGTERM, which is told then.

    Args:
        crew: by default as many workers as the cluster has room for, of one thread each;
            ``max_memory`` is of each worker, by default its share of the node's.
        address: of the cluster; by default one of this machine alone, for the time.

    Raises:
        InputError: there is no cluster at the address.
        MissingDependencyError: Ray is not installed.
        StorageError: the queue cannot be used.
    """
    crew = replace(crew, threads=crew.threads or 1)
    ray = _connected(address)
    try:
        with asked_by_signals() as asked:
            _work(ray, crew, asked)
            return asked[0] if asked else None
    finally:
        ray.shutdown()


def _connected(address: str | None) -> Any:
    """Ray, with this process in its cluster."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    alone: dict[str, Any] = {}
    if address is None:
        # The one switch that has Ray listen at 127.0.0.1 alone.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        alone = {"include_dashboard": False}
    try:
        if address is not None:
            _reach(address)
        import ray

        ray.init(address or "local", logging_level="ERROR", log_to_driver=False, **alone)
    except ImportError:
        raise MissingDependencyError('a cluster needs ray; pip install "styler[ray]"') from None
    except (OSError, RuntimeError, ValueError) as error:
        reason = one_line(str(error).partition("\n")[0])
        raise InputError(
            f"{address or 'ray'}: no cluster to be used ({reason}); `ray start --head` starts one"
        ) from None
    ray._private.worker._worker_logs_enabled = False  # or nodes' troubles are told on our stdout
    return ray


def _reach(address: str) -> None:
    """Raise `OSError` where nobody listens: Ray itself would try for a quarter of an hour."""
    where = urlsplit(address if "//" in address else f"//{address}")
    if where.hostname and where.port:
        socket.create_connection((where.hostname, where.port), timeout=_PATIENCE).close()


def _work(ray: Any, crew: Crew, asked: list[signal.Signals]) -> None:
    assert crew.threads is not None
    several = crew.workers or max(1, int(ray.cluster_resources().get("CPU", 1)) // crew.threads)
    needs = {"num_cpus": crew.threads, "memory": crew.max_memory, "max_restarts": -1}
    make = ray.remote(concurrency_groups={"calls": 1}, **needs)(Actor)
    queue, failed = Queue.open(crew.queue), list[bool]()
    alike = replace(crew, queue="", tell=_nobody)  # a database's password stays here

    def over() -> bool:
        return bool(asked or failed)

    def empty() -> bool:
        return over() or not (crew.watch or queue.leases.left())

    def serve(number: int) -> None:
        remote, name = _Remote(ray, make.remote(alike)), worker_name(number)

        def stop() -> bool:
            return remote.lost or over()

        how: dict[str, Any] = {"name": name, "seconds": crew.seconds, "watch": crew.watch}
        while remote.ready(empty):
            work(queue, remote, stop=stop, tell=crew.tell, **how)
            if remote.lost:
                queue.leases.take_back(name)

    with ThreadPoolExecutor(several) as threads:
        served = [threads.submit(serve, number) for number in range(several)]
        while wait(served, timeout=_LOOK).not_done:
            failed += [True for one in served if one.done() and one.exception()]
    queue.close()
    for one in served:
        one.result()


class _Remote:
    """An actor as one that paints what is leased.

    Attributes:
        lost: its node is, or its process, with what it painted.
    """

    def __init__(self, ray: Any, actor: Any) -> None:
        self.lost = False
        self._ray, self._actor, self._number = ray, actor, 0

    def ready(self, over: Callable[[], bool]) -> bool:
        """Wait until a node has room for it; false if all is over before.

        Raises:
            MissingDependencyError: the node has no styler, or another one.
        """
        errors = self._ray.exceptions
        answer = self._actor.ready.remote()
        while not over():
            if self._ray.wait([answer], timeout=1.0)[0]:
                try:
                    self._ray.get(answer)
                except errors.ActorDiedError as error:
                    raise _unable(error) from None
                except errors.RayActorError:  # it is being started anew
                    time.sleep(_LOOK)
                    answer = self._actor.ready.remote()
                else:
                    self.lost = False
                    return True
        return False

    def __call__(self, job: Job, source: Path, output: Path, heart: Heartbeat) -> Outcome:
        errors = self._ray.exceptions
        self._number += 1
        try:
            answer = self._actor.paint.remote(
                self._number, job, source, output, source.read_bytes()
            )
            while not self._ray.wait([answer], timeout=_LOOK)[0]:
                if heart.given_up():
                    self._actor.give_up.options(concurrency_group="calls").remote(self._number)
                    raise AbandonedError("the picture was given up")
            outcome: Outcome = self._ray.get(answer)
            return outcome
        except errors.RayTaskError as error:
            raise error.cause from None
        except errors.RayError as error:
            self.lost = True
            raise LeaseLostError(f"{source}: its node is lost") from error


def _unable(error: Exception) -> MissingDependencyError:
    told = [line for line in str(error).splitlines() if "Error: " in line]
    reason = one_line(told[-1] if told else str(error).partition("\n")[0])
    return MissingDependencyError(
        f'a node cannot paint ({reason}); on every one pip install "styler[ray]" of this version'
    )


def _nobody(outcome: Outcome) -> None:
    """In an actor nobody is told."""


def _part() -> float:
    """This actor's part of its node's processors."""
    import ray

    context = ray.get_runtime_context()
    mine = context.get_assigned_resources().get("CPU", 1.0)
    nodes = {node["NodeID"]: node["Resources"] for node in ray.nodes()}
    return float(mine / max(mine, nodes[context.get_node_id()].get("CPU", mine)))
