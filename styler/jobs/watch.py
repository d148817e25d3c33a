"""Painting what comes into a folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .job import Job, Task
from .outcome import Outcome
from .runner import Runner

__all__ = ["watch"]


def watch(
    plan: Callable[[], Job], runner: Runner, *, interval: float = 1.0
) -> Iterator[Outcome | None]:
    """Paint what comes into a folder, for ever; yields outcomes, and ``None`` after each look.

    A file is taken when two looks in a row find it unchanged, so that none is read half copied;
    one that failed is tried again when it has changed.

    Args:
        plan: a look at the folder.
        runner: paints.
        interval: seconds from one look to the next.
    """
    runner.open(plan())
    seen: dict[Task, tuple[int, int]] = {}
    failed: dict[Task, tuple[int, int]] = {}
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
            settled = seen.get(task) == state
            seen[task] = state
            if settled and not done and failed.get(task) != state:
                outcome = runner.attempt(job, task)
                if outcome.status == "failed":
                    failed[task] = state
                yield outcome
        yield None
        time.sleep(interval)
