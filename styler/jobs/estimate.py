"""What a job would cost: what would be painted, in how much memory and time.

Two small paintings tell how long a pixel takes on this machine; the header tells the memory, by
which photos are refused, too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from styler.errors import StylerError, one_line

from . import memory
from .job import Job, Task
from .recipe import Recipe
from .runner import Runner

__all__ = ["Estimate", "estimate"]

PROBES = (512, 1024)


@dataclass(frozen=True)
class Estimate:
    """One picture's cost: pixels, bytes at the peak of the process, seconds."""

    source: str
    output: str
    width: int | None = None
    height: int | None = None
    memory: int | None = None
    seconds: float | None = None
    status: Literal["planned", "skipped", "failed"] = "planned"
    error: str | None = None

    def __str__(self) -> str:
        if self.status == "failed":
            return f"fails: {self.error}"
        if self.status == "skipped":
            return one_line(f"{self.source}: {self.output} is there already")
        what = one_line(f"{self.source} -> {self.output}")
        if self.seconds is None:
            return f"{what}  of a size that is not known before it is read"
        memory = f", {self.memory / 2**20:.0f} MiB" if self.memory else ""
        return f"{what}  {self.width}x{self.height}  about {self.seconds:.1f} s{memory}"


@dataclass(frozen=True)
class Cost:
    """What painting costs on this machine: seconds, at rest and per pixel."""

    seconds: float
    seconds_per_pixel: float

    @classmethod
    def measured(cls, runner: Runner, recipe: Recipe) -> Cost:
        import numpy as np

        from styler.imaging import Picture

        recipe = replace(recipe, controls=replace(recipe.controls, size=None))
        noise = np.random.default_rng(0)
        times = []
        for side in (PROBES[0], *PROBES):  # the first warms up
            picture = Picture(noise.integers(0, 256, (side, side, 3), np.uint8))
            start = time.perf_counter()
            runner.stylize(recipe, picture)
            times.append(time.perf_counter() - start)
        memory.trim()
        pixels = PROBES[1] ** 2 - PROBES[0] ** 2
        per_pixel = max(0.0, times[2] - times[1]) / pixels
        return cls(times[1] - per_pixel * PROBES[0] ** 2, per_pixel)


def estimate(job: Job, runner: Runner) -> Iterator[Estimate]:
    """An `Estimate` for every picture.

    Raises:
        OutputError: where :meth:`Runner.run` would.
    """
    done: set[Task] = set()
    if job.many:
        runner.look(job)
        done = {task for task in job.tasks if runner.is_done(job, task)}
    cost = Cost.measured(runner, job.recipe) if len(done) < len(job.tasks) else None
    for task in job.tasks:
        if cost is None or task in done:
            yield Estimate(str(task), str(task.output), status="skipped")
        else:
            yield _estimate(task, job, runner, cost)


def _estimate(task: Task, job: Job, runner: Runner, cost: Cost) -> Estimate:
    output = "stdout" if task.output is None else str(task.output)
    if task.source is None:
        return Estimate(str(task), output)
    try:
        need = runner.need(job, task, task.source)
    except StylerError as error:
        return Estimate(str(task), output, status="failed", error=str(error))
    seconds = max(0.0, cost.seconds) + cost.seconds_per_pixel * need.width * need.height
    return Estimate(str(task), output, need.width, need.height, need.way.peak, round(seconds, 3))
