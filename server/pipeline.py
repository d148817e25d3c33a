"""Painting for requests: a stylizer, its presets, and the styles of recent uploads.

Bytes come in and bytes go out; every step in between is the runner's of ``styler.jobs``.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

from styler import imaging
from styler.errors import StyleError, did_you_mean
from styler.jobs import Job, Runner

from .settings import Settings

if TYPE_CHECKING:
    from styler import Style, Stylizer

logger = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class Order:
    """A job of one picture, and whether somebody still waits for it."""

    job: Job
    abandoned: Event = field(default_factory=Event)
    placed: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Painting:
    """An encoded picture, how long each step took in milliseconds, whether its styles were known,
    and what of the photo is not in it."""

    data: bytes
    milliseconds: Mapping[str, float]
    style_cached: bool
    note: str | None = None


class Pipeline:
    """What paints. Not thread-safe: it belongs into the one worker thread."""

    def __init__(
        self, stylizer: Stylizer, presets: Mapping[str, Style], settings: Settings
    ) -> None:
        self.presets = presets
        self._stylizer = stylizer
        self._settings = settings
        self._uploaded: OrderedDict[tuple[bytes, int], Style] = OrderedDict()

    @classmethod
    def open(cls, settings: Settings) -> Pipeline:
        """Load the model and the presets that were made with its weights.

        Raises ``WeightsError`` or ``MissingDependencyError`` where the model cannot be loaded.
        """
        import styler
        from styler.styles import usable

        stylizer = styler.Stylizer(settings.model, engine=settings.engine, threads=settings.threads)
        presets = usable(settings.model, stylizer.style, _left_out)
        return cls(stylizer, presets, settings)

    def paint(self, order: Order) -> Painting:
        """Carry out an order. Raises ``InputError`` for what was sent."""
        waited = (time.perf_counter() - order.placed) * 1000
        computed = 0

        def style(source: str | bytes, name: str, size: int) -> Style:
            nonlocal computed
            if isinstance(source, str):
                return self.presets[source]
            key = (hashlib.sha256(source).digest(), size)
            if key not in self._uploaded:
                computed += 1
                painting = imaging.read(source, name=name, max_pixels=self._settings.max_pixels)
                self._uploaded[key] = self._stylizer.style(painting, size=size)
            self._uploaded.move_to_end(key)
            found = self._uploaded[key]
            while len(self._uploaded) > self._settings.style_cache:
                self._uploaded.popitem(last=False)
            return found

        runner = Runner(
            lambda: self._stylizer,
            max_pixels=self._settings.max_pixels,
            max_memory=self._settings.memory,
            style=style,
            abandoned=order.abandoned.is_set,
            moving=False,
        )
        (task,) = order.job.tasks
        outcome = runner.paint(order.job, task)
        assert outcome.data is not None
        uploads = any(isinstance(source, bytes) for source, _ in order.job.recipe.styles)
        steps = {"wait": waited, **outcome.steps}
        return Painting(outcome.data, steps, uploads and not computed, outcome.warning)

    def check_preset(self, name: str) -> None:
        """Raise ``StyleError`` unless ``name`` is that of a preset: never a path."""
        if name not in self.presets:
            hint = did_you_mean(name, self.presets, "GET /v1/styles lists them")
            if not self.presets:
                hint = "this model has no presets; send a picture as style"
            raise StyleError(f"preset: there is none of that name; {hint}")


def _left_out(error: StyleError) -> None:
    logger.warning("a preset is left out: %s", error)
