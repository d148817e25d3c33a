"""Painting a plan: one picture after the other, each written whole or not at all."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

from styler.cli.output.report import Outcome, Report
from styler.errors import OutputError, StylerError, one_line
from styler.files import sweep
from styler.jobs.ledger import Ledger
from styler.jobs.output import Saving
from styler.jobs.painter import Painter
from styler.jobs.plan import Job, Plan


class Batch:
    """Paints jobs of one command: `painter` paints, `saving` writes, `report` tells.

    Photos of more than `max_pixels` are refused; by default those that `imaging.read` refuses.
    """

    def __init__(
        self, painter: Painter, saving: Saving, report: Report, *, max_pixels: int | None = None
    ) -> None:
        from styler.imaging import MAX_PIXELS

        self.painter = painter
        self.saving = saving
        self.report = report
        self.max_pixels = max_pixels or MAX_PIXELS
        self.ledger: Ledger | None = None

    def run(self, plan: Plan) -> None:
        """Paint every job of `plan`.

        Of several pictures those that are done are skipped, and a failure does not stop the
        others. The error of a single picture is raised, and so is `OutputError` where pictures
        of other settings are in the way.
        """
        if not plan.many:
            for job in plan.jobs:
                self.paint_alone(job)
            return
        self.open(plan)
        for job in plan.jobs:
            self.attempt(job)
        if plan.folder is not None:
            sweep(plan.folder)  # what was too young when the job began

    def look(self, plan: Plan) -> None:
        """Read what an earlier run has done, and refuse to paint over anything else."""
        if plan.folder is None:
            return
        settings = self.painter.settings() | asdict(self.saving)
        del settings["force"]
        self.ledger = Ledger(plan.folder, settings)
        outputs = {job: job.output for job in plan.jobs if job.output is not None}
        foreign = [o for job, o in outputs.items() if o.exists() and not self.ledger.done(job)]
        if foreign and not self.saving.force:
            more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            raise OutputError(
                f"{foreign[0]}{more}: not painted with these settings from this photo; "
                "choose another -o, or overwrite with --force"
            )

    def open(self, plan: Plan) -> None:
        """:meth:`look`, and make the folder ready."""
        self.look(plan)
        if plan.folder is not None:
            plan.folder.mkdir(parents=True, exist_ok=True)
            sweep(plan.folder)

    def paint_alone(self, job: Job) -> None:
        """Paint and report `job`; its error is raised, after programs are told."""
        try:
            self.report.add(self.paint(job))
        except (StylerError, OSError) as error:
            self.report.tell_programs(_failed(job, error))
            raise

    def attempt(self, job: Job) -> bool:
        """Paint `job` unless it is done, and report; false where it failed."""
        try:
            done = self.is_done(job)
            outcome = Outcome(str(job), str(job.output), "skipped") if done else self.paint(job)
        except (StylerError, OSError) as error:
            outcome = _failed(job, error)
        self.report.add(outcome)
        return outcome.status != "failed"

    def is_done(self, job: Job) -> bool:
        if self.ledger is not None:
            return self.ledger.done(job)
        return not self.saving.force and job.output is not None and job.output.exists()

    def paint(self, job: Job) -> Outcome:
        """Read, paint and write one picture."""
        from styler import imaging

        start = time.perf_counter()
        picture = imaging.read(
            job.source or sys.stdin.buffer,
            name=str(job),
            max_pixels=self.max_pixels,
            bits=self.saving.bits,
        )
        painted = self.painter(picture)
        if self.ledger is not None and job.output is not None:
            job.output.parent.mkdir(parents=True, exist_ok=True)
            self.ledger.begin(job)
        self.saving.save(painted, job)
        seconds = round(time.perf_counter() - start, 3)
        output = "stdout" if job.output is None else str(job.output)
        return Outcome(str(job), output, "painted", painted.width, painted.height, seconds)


def _failed(job: Job, error: Exception) -> Outcome:
    return Outcome(str(job), str(job.output), "failed", error=_line(job, error))


def _line(job: Job, error: Exception) -> str:
    """The error in one line that names the photo or its output."""
    text = one_line(" ".join(str(error).split()))
    names = (one_line(str(name)) for name in (job, job.output) if name is not None)
    return text if any(name in text for name in names) else one_line(f"{job}: {text}")


def watch_folder(
    replan: Callable[[], Plan], batch: Batch, *, interval: float = 1.0
) -> Iterator[None]:
    """Paint what comes into a folder; yields after each look at it, for ever.

    A file is taken when two looks in a row find it unchanged, so that none is read half copied;
    one that failed is tried again when it has changed.
    """
    batch.open(replan())
    seen: dict[Job, tuple[int, int]] = {}
    failed: dict[Job, tuple[int, int]] = {}
    while True:
        for job in replan().jobs:
            assert job.source is not None
            try:
                stat = job.source.stat()
                done = batch.is_done(job)
            except FileNotFoundError:  # gone since the look
                continue
            state = (stat.st_size, stat.st_mtime_ns)
            settled = seen.get(job) == state
            seen[job] = state
            if settled and not done and failed.get(job) != state and not batch.attempt(job):
                failed[job] = state
        yield
        time.sleep(interval)
