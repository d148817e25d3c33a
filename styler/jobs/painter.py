"""Painting the pictures of queued jobs, one network and one job's styles at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from styler.errors import InputError

from . import clips
from .heartbeat import Heartbeat
from .job import Job, Task
from .memory import resident
from .outcome import Outcome
from .room import Room
from .runner import Runner

if TYPE_CHECKING:
    from styler import Stylizer

__all__ = ["Painter", "encoded"]


def encoded(job: Job, source: Path, output: Path) -> tuple[Job, Task]:
    """A job and its task that give what would be at ``output``, instead of putting it there."""
    formats = job.saving.formats([output])
    saving = replace(job.saving, format=next(iter(formats)).name)
    return replace(job, saving=saving), Task(source)


class Painter:
    """Paints what :mod:`~styler.jobs.worker` has leased.

    Args:
        open: the network of a recipe's model; it is kept until another is wanted.
        max_pixels: as :class:`~styler.jobs.Runner` takes it.
        room: memory that is shared with other workers.
    """

    def __init__(
        self,
        open: Callable[[str], Stylizer],
        *,
        max_pixels: int | None = None,
        room: Room | None = None,
    ) -> None:
        self._open, self._max_pixels, self._room = open, max_pixels, room or Room()
        self._model = ""
        self._stylizer: Stylizer | None = None
        self._job: Job | None = None
        self._runner: Runner | None = None
        self._given_up: Callable[[], bool] = lambda: False

    def __call__(self, job: Job, source: Path, output: Path, heart: Heartbeat) -> Outcome:
        """:meth:`paint`, until the heart gives it up; clips, too, part by part."""
        if not clips.is_clip(source, output):
            return self.paint(job, source, output, heart.given_up)
        self._given_up = heart.given_up
        runner = self._ready(job)
        extent = clips.Extent.of(source, job, self._max_pixels)
        extent.within(self._room.limit - resident())
        with self._room.taken(resident() + extent.between + extent.painting, heart.given_up):
            return clips.film(runner, job, heart)

    def paint(
        self,
        job: Job,
        source: Path,
        output: Path,
        given_up: Callable[[], bool],
        *,
        data: bytes | None = None,
    ) -> Outcome:
        """The painting as the ``data`` of an outcome.

        Args:
            job: how to paint.
            source, output: which file is to become which.
            given_up: asked now and then.
            data: the bytes of ``source``, where that is a file of another machine.

        Raises:
            InputError: the picture, or the recipe, cannot be used.
            AbandonedError: it is given up meanwhile.
        """
        if data is not None and clips.is_clip(data, output):
            raise InputError(f"{source}: a clip is not painted on a cluster; use --on local")
        self._given_up = given_up
        runner = self._ready(job)
        job, task = encoded(job, source, output)
        photo = source if data is None else data
        task = replace(task, source=photo, name=str(source))
        peak = runner.need(job, task, photo).way.peak
        with self._room.taken(peak, given_up):
            outcome = runner.paint(job, task)
        return replace(outcome, output=str(output))

    def _ready(self, job: Job) -> Runner:
        """The runner of this job, whose styles it has looked at."""
        if self._runner is None or self._job != job:
            self._runner = None
            if self._stylizer is None or self._model != job.recipe.model:
                self._stylizer = None  # before the next one is loaded
                self._stylizer, self._model = self._open(job.recipe.model), job.recipe.model
            stylizer = self._stylizer
            limit = self._room.limit
            self._runner = Runner(
                lambda: stylizer,
                max_pixels=self._max_pixels,
                max_memory=None if limit == float("inf") else limit,
                abandoned=lambda: self._given_up(),
            )
            self._runner.prepare(job.recipe)
            self._job = job
        return self._runner
