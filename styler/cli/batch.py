"""Painting a plan: one picture after the other, each written whole or not at all."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from styler.cli.jobs import PAINTED, Job, Plan
from styler.cli.paint import Painter
from styler.cli.report import Outcome, Report
from styler.errors import StylerError

if TYPE_CHECKING:
    from styler.imaging import Picture


@dataclass(frozen=True)
class Saving:
    """How results are encoded, and whether they may replace what is there."""

    format: str | None = None
    quality: int | None = None
    force: bool = False

    def save(self, picture: Picture, job: Job) -> None:
        """Write `picture` where `job` says."""
        from styler import imaging

        if job.output is not None:
            options = {"format": self.format, "quality": self.quality}
            imaging.write(picture, job.output, force=self.force, **options)
            return
        own = picture.metadata.format
        format = self.format or (own if own in PAINTED else "png")
        sys.stdout.buffer.write(imaging.encode(picture, format, quality=self.quality))
        sys.stdout.buffer.flush()


def paint_all(plan: Plan, painter: Painter, saving: Saving, report: Report) -> None:
    """Paint every job of `plan` and report each.

    Of several pictures those that are there already are skipped, and a failure does not stop
    the others. The error of a single picture is raised.
    """
    for job in plan.jobs:
        if plan.many and not saving.force and job.output is not None and job.output.exists():
            report.add(Outcome(str(job), str(job.output), "skipped"))
            continue
        try:
            if plan.folder is not None and job.output is not None:
                job.output.parent.mkdir(parents=True, exist_ok=True)
            report.add(paint(job, painter, saving))
        except (StylerError, OSError) as error:
            if not plan.many:
                raise
            report.add(Outcome(str(job), str(job.output), "failed", error=str(error)))


def paint(job: Job, painter: Painter, saving: Saving) -> Outcome:
    """Read, paint and write one picture."""
    from styler import imaging

    start = time.perf_counter()
    if job.source is None:
        picture = imaging.read(sys.stdin.buffer, name="stdin")
    else:
        picture = imaging.read(job.source)
    painted = painter(picture)
    saving.save(painted, job)
    seconds = round(time.perf_counter() - start, 3)
    output = "stdout" if job.output is None else str(job.output)
    return Outcome(str(job), output, "painted", painted.width, painted.height, seconds)
