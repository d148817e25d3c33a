"""Painting what comes into a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from styler.errors import ImageError, StorageError

from .job import Job, Task
from .outcome import Outcome
from .runner import Runner

__all__ = ["watch"]


def watch(
    plan: Callable[[], Job], runner: Runner, *, interval: float = 1.0, patience: int = 10
) -> Iterator[Outcome | None]:
    """Paint what comes into a folder, for ever; yields outcomes, and ``None`` after each look.
    Ends after a `StorageError`.

    A file is taken when two looks in a row find it unchanged, so that none is read half copied. One
    that cannot be read then may be a copy that has come to a halt: what is wrong with it is told
    only once it has not changed for ``patience`` looks. A photo that changes is painted again.

    Args:
        plan: a look at the folder.
        runner: paints.
        interval: seconds from one look to the next.
        patience: looks.
    """
    runner.open(plan(), renew=True)
    seen: dict[Task, tuple[tuple[int, int], int]] = {}
    unread: set[Task] = set()
    while True:
        job = plan()
        for task in job.tasks:
            assert isinstance(task.source, Path)
            try:
                stat = task.source.stat()
                done = runner.is_done(job, task)
            except FileNotFoundError:  # gone since the look
                continue
            state = (stat.st_size, stat.st_mtime_ns)
            before, looks = seen.get(task, (state, 0))
            looks = looks + 1 if before == state else 1
            seen[task] = (state, looks)
            if done or not (looks == 2 or (looks == patience and task in unread)):
                continue
            unread.discard(task)
            outcome = runner.attempt(job, task)
            if isinstance(outcome.cause, ImageError) and looks < patience:
                unread.add(task)
                continue
            yield outcome
            if isinstance(outcome.cause, StorageError):
                return
        yield None
        time.sleep(interval)
