"""What a clip's painting says of its progress: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

import click

from styler.cli.output.progress import bar

if TYPE_CHECKING:
    from rich.progress import TaskID

    from styler.video import Progress

EVERY = 10.0
"""Seconds from a line to the next."""

STEPS = {"look": "looking", "paint": "painting"}


class Frames:
    """Tells frames as they are done, with rate and time left."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar = None if quiet else bar("frames")
        self._tasks: dict[str, TaskID] = {}
        self._step = ""
        self._began = self._said = 0.0

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def tell(self, progress: Progress) -> None:
        """One more frame."""
        if self._bar:
            if progress.step not in self._tasks:
                said = f"{progress.resumed} were done" if progress.resumed else ""
                task = self._bar.add_task(STEPS[progress.step], total=progress.total, said=said)
                self._tasks[progress.step] = task
                self._bar.reset(task, completed=progress.resumed)
            self._bar.update(
                self._tasks[progress.step], completed=progress.done, total=progress.total
            )
        elif not self._quiet:
            self._line(progress)

    def _line(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.step != self._step:
            self._step, self._began, self._said = progress.step, now, now
            return
        if now - self._said < EVERY:
            return
        self._said = now
        rate = (progress.done - progress.resumed) / (now - self._began)
        of = left = ""
        if progress.total is not None:
            seconds = round((progress.total - progress.done) / rate)
            of, left = f"/{progress.total}", f", {seconds // 60}:{seconds % 60:02} left"
        what = STEPS[progress.step]
        click.echo(f"{what} {progress.done}{of}  {rate:.1f} frames/s{left}", err=True)
