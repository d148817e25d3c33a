"""``styler stylize --dry-run``: what would be painted, in how much memory and time.

Nothing is assumed of network or machine: two small paintings tell what a pixel costs.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass, replace
from typing import Literal

import click

from styler.errors import StylerError, one_line
from styler.jobs.painter import Painter
from styler.jobs.plan import Job, Plan
from styler.jobs.runner import Batch

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
    """What painting costs on this machine: seconds and bytes, at rest and per pixel."""

    seconds: float
    seconds_per_pixel: float
    memory: float
    memory_per_pixel: float

    @classmethod
    def measured(cls, painter: Painter) -> Cost:
        import numpy as np

        from styler.imaging import Picture

        painter = replace(painter, controls=replace(painter.controls, size=None))
        noise = np.random.default_rng(0)
        times, peaks = [], []
        for side in (PROBES[0], *PROBES):  # the first warms up
            picture = Picture(noise.integers(0, 256, (side, side, 3), np.uint8))
            start = time.perf_counter()
            painter(picture)
            times.append(time.perf_counter() - start)
            peaks.append(_peak())
        pixels = PROBES[1] ** 2 - PROBES[0] ** 2
        per_pixel = max(0.0, times[2] - times[1]) / pixels
        bytes_per_pixel = max(0.0, peaks[2] - peaks[1]) / pixels
        at_rest = peaks[2] - bytes_per_pixel * PROBES[1] ** 2
        return cls(times[1] - per_pixel * PROBES[0] ** 2, per_pixel, at_rest, bytes_per_pixel)


def estimate(plan: Plan, batch: Batch, *, json_lines: bool) -> None:
    """Print an `Estimate` for every job, and their sum.

    Raises `OutputError` where `Batch.run` would.
    """
    done: set[Job] = set()
    if plan.many:
        batch.look(plan)
        done = {job for job in plan.jobs if batch.is_done(job)}
    cost = Cost.measured(batch.painter) if len(done) < len(plan.jobs) else None
    estimates = []
    for job in plan.jobs:
        if cost is None or job in done:
            estimates.append(Estimate(str(job), str(job.output), status="skipped"))
        else:
            estimates.append(_estimate(job, batch, cost))
        click.echo(json.dumps(asdict(estimates[-1])) if json_lines else estimates[-1])
    if not json_lines and len(estimates) > 1:
        planned = [one for one in estimates if one.status == "planned"]
        seconds = sum(one.seconds or 0 for one in planned)
        memory = max((one.memory or 0 for one in planned), default=0)
        peak = f", at most {memory / 2**20:.0f} MiB" if memory else ""
        others = "".join(
            f"; {count} {words}"
            for status, words in (("skipped", "there already"), ("failed", "would fail"))
            if (count := sum(one.status == status for one in estimates))
        )
        click.echo(f"{len(planned)} to paint, about {seconds:.0f} s{peak}{others}")


def _estimate(job: Job, batch: Batch, cost: Cost) -> Estimate:
    from styler import imaging

    output = "stdout" if job.output is None else str(job.output)
    if job.source is None:
        return Estimate(str(job), output)
    try:
        width, height = imaging.dimensions(job.source, max_pixels=batch.max_pixels)
    except StylerError as error:
        return Estimate(str(job), output, status="failed", error=str(error))
    decoded = 8 * width * height
    width, height = batch.painter.controls.fit(width, height)
    pixels = width * height
    memory = round(cost.memory + cost.memory_per_pixel * pixels + decoded) if cost.memory else None
    seconds = round(max(0.0, cost.seconds) + cost.seconds_per_pixel * pixels, 3)
    return Estimate(str(job), output, width, height, memory, seconds)


def _peak() -> float:
    """The most memory this process has had so far, in bytes; 0 where the system does not say."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(getrusage(RUSAGE_SELF).ru_maxrss * unit)
