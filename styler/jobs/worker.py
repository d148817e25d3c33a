"""A worker: it leases one picture after the other, has it painted, and puts it where it belongs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from styler import files
from styler.errors import InputError, one_line
from styler.halt import AbandonedError

from .heartbeat import Heartbeat
from .job import Job
from .ledger import note
from .outcome import Outcome
from .queue import Lease, LeaseLostError, Leases, Queue
from .queue.held import digest

__all__ = ["Paint", "carry_out", "work"]

_LOOK = 0.2  # seconds between two looks into an empty queue


class Paint(Protocol):
    """What makes a painting: the ``data`` of the outcome or, in the output's folder, its ``file``.

    It raises `InputError` for what no further attempt would mend, and `AbandonedError` when it is
    ``given_up`` by the heartbeat, whose ``progress`` it may set.
    """

    def __call__(self, job: Job, source: Path, output: Path, heart: Heartbeat) -> Outcome: ...


def work(
    queue: Queue,
    paint: Paint,
    *,
    name: str,
    seconds: float = 60.0,
    watch: bool = False,
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[Outcome], object] = lambda outcome: None,
) -> None:
    """Paint what is queued until nothing is left, or for ever.

    Args:
        queue: from which pictures are leased.
        paint: makes each painting.
        name: of this worker alone.
        seconds: after which another may take over from one that gives no sign of life.
        watch: go on with what comes into the queue.
        stop: asked between pictures and while one is painted, which is given back then.
        tell: is told what came of each picture.

    Raises:
        StorageError: the queue cannot be used.
    """
    job = lru_cache(maxsize=1)(queue.job)
    while not stop():
        lease = queue.leases.take(name, seconds=seconds)
        if lease is None:
            if not watch and not queue.leases.left():
                return
            time.sleep(_LOOK)
            continue
        outcome = carry_out(queue.leases, lease, job, paint, stop)
        if outcome is not None:
            tell(outcome)


def carry_out(
    leases: Leases,
    lease: Lease,
    job: Callable[[str], Job],
    paint: Paint,
    stop: Callable[[], bool] = lambda: False,
) -> Outcome | None:
    """What comes of one leased picture; ``None`` where it is not this worker's any more.

    Raises:
        StorageError: the queue cannot be used.
    """
    names = str(lease.source), str(lease.output)
    try:
        if lease.attempt > 1:
            _sweep(lease)
        if leases.found(lease):
            return Outcome(*names, "skipped")
        with Heartbeat(leases, lease, stop) as heart:
            ordered = job(lease.job)
            _check_content(lease)
            outcome = paint(ordered, lease.source, lease.output, heart)
            _put(leases, heart, outcome, force=ordered.saving.force)
        return outcome
    except LeaseLostError:
        return None
    except AbandonedError:
        leases.give_back(lease)
        return None
    except Exception as error:
        reason = one_line(" ".join(str(error).split())) or type(error).__name__
        if not leases.give_up(lease, reason, again=not isinstance(error, InputError)):
            return None
        return Outcome(*names, "failed", error=reason, cause=error)


def _check_content(lease: Lease) -> None:
    """Refuse what is not the picture that was ordered."""
    try:
        same = digest(lease.source) == lease.content
    except FileNotFoundError:
        raise InputError(f"{lease.source}: is not there any more; add it again") from None
    if not same:
        raise InputError(f"{lease.source}: has changed since it was queued; add it again")


def _stem(lease: Lease) -> str:
    return f".{lease.job}-{lease.number}-"


def _sweep(lease: Lease) -> None:
    """Remove what earlier workers had not finished."""
    for path in lease.output.parent.glob(f"{_stem(lease)}*{files.TEMPORARY_SUFFIX}"):
        path.unlink(missing_ok=True)


def _put(leases: Leases, heart: Heartbeat, outcome: Outcome, *, force: bool) -> None:
    lease = heart.lease
    if not leases.renew(
        lease, heart.progress, heart.facts
    ):  # so that nothing is left of what is called off
        raise LeaseLostError(f"{lease.source}: is not to be painted any more")
    kept = ("width", "height", "seconds", "warning", "frames")
    told: dict[str, Any] = {name: getattr(outcome, name) for name in kept}
    facts = {name: value for name, value in told.items() if name != "frames" or value}
    folder = lease.output.parent
    with files.storing(lease.output):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with _whole(lease, outcome) as whole:
                files.sync(whole)
                note(lease.output, whole.stat().st_size)
                leases.put(lease, whole, force=force, facts=facts)
        except FileExistsError as error:
            raise files.exists(lease.output) from error


@contextmanager
def _whole(lease: Lease, outcome: Outcome) -> Iterator[Path]:
    """The painting as a file in its output's folder, which is gone afterwards."""
    if outcome.file is not None:
        try:
            yield outcome.file
        finally:
            outcome.file.unlink(missing_ok=True)
        return
    assert outcome.data is not None
    with files.beside(lease.output, f"{_stem(lease)}{lease.token}") as temporary:
        temporary.write_bytes(outcome.data)
        yield temporary
