"""``styler stylize --dry-run``: what would be painted, in how much memory and time.

Nothing is assumed of network or machine: two small paintings tell what a pixel costs.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from styler.cli.jobs import Job, Plan
from styler.cli.paint import Painter

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
    status: str = "planned"
    error: str | None = None

    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.source}: {self.error}"
        memory = f", {self.memory / 2**20:.0f} MiB" if self.memory else ""
        what = f"{self.source} -> {self.output}  {self.width}x{self.height}"
        return f"{what}  about {self.seconds:.1f} s{memory}" if self.seconds is not None else what


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


def estimate(plan: Plan, painter: Painter, *, json_lines: bool) -> None:
    """Print an `Estimate` for every job, and their sum."""
    cost = Cost.measured(painter)
    estimates = [_estimate(job, painter, cost) for job in plan.jobs]
    for one in estimates:
        click.echo(json.dumps(asdict(one)) if json_lines else one)
    if not json_lines and len(estimates) > 1:
        seconds = sum(one.seconds or 0 for one in estimates)
        memory = max(one.memory or 0 for one in estimates)
        peak = f", at most {memory / 2**20:.0f} MiB" if memory else ""
        click.echo(f"{len(estimates)} pictures, about {seconds:.0f} s{peak}")


def _estimate(job: Job, painter: Painter, cost: Cost) -> Estimate:
    output = "stdout" if job.output is None else str(job.output)
    if job.source is None:
        return Estimate(str(job), output, error="its size is not known before it is read")
    try:
        width, height = dimensions(job.source)
    except (OSError, ValueError, SyntaxError) as error:
        return Estimate(str(job), output, status="failed", error=" ".join(str(error).split()))
    decoded = 8 * width * height
    if painter.controls.size is not None:
        width, height = painter.controls.size.fit(width, height)
    pixels = width * height
    memory = round(cost.memory + cost.memory_per_pixel * pixels + decoded) if cost.memory else None
    seconds = round(max(0.0, cost.seconds) + cost.seconds_per_pixel * pixels, 3)
    return Estimate(str(job), output, width, height, memory, seconds)


def dimensions(path: Path) -> tuple[int, int]:
    """Width and height of the picture as it is seen, from its header."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            sideways = image.getexif().get(0x0112, 1) >= 5
            width, height = image.size
    return (height, width) if sideways else (width, height)


def _peak() -> float:
    """The most memory this process has had so far, in bytes; 0 where the system does not say."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(getrusage(RUSAGE_SELF).ru_maxrss * unit)
