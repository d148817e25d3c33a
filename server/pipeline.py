"""Painting for requests: a stylizer, its presets, and the styles of recent uploads.

Bytes come in and bytes go out; every step in between is the runner's of ``styler.jobs``.
"""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styler import imaging
from styler.errors import StyleError, TooLargeError, did_you_mean
from styler.jobs import Job, Need, Outcome, Recipe, Runner
from styler.jobs.clips import Extent, film
from styler.jobs.heartbeat import Heartbeat
from styler.jobs.memory import ceiling, resident, trim
from styler.styles import SUFFIX

from .admission import Cost
from .progress import Progress
from .settings import Settings

if TYPE_CHECKING:
    from styler import Style, Stylizer

logger = logging.getLogger("uvicorn.error")

_SHARE = 0.7  # of the memory that is free, where none is set
_FRAMES = 60  # a second of the longest clip, at most
_CANVAS = 4  # how much longer a pixel of the canvas takes than one that is read and written


@dataclass(frozen=True)
class Order:
    """A job of one picture, and how far it is."""

    job: Job
    progress: Progress = field(default_factory=Progress)
    placed: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Painting:
    """An encoded picture, its entity tag, how long each step took in milliseconds, whether its
    styles were known, and what of the photo is not in it."""

    data: bytes
    tag: str
    milliseconds: Mapping[str, float]
    style_cached: bool
    note: str | None = None


class Pipeline:
    """What paints, in as many threads as there are lanes."""

    def __init__(
        self, stylizer: Stylizer, presets: Mapping[str, Style], settings: Settings
    ) -> None:
        self.presets = presets
        self._stylizer = stylizer
        self._settings = settings
        self._uploaded: OrderedDict[str, Style] = OrderedDict()
        self._lock = threading.Lock()
        trim()
        self._rest = resident()
        free = self._rest + _SHARE * (ceiling() - self._rest)
        self.limit = float(free if settings.memory is None else settings.memory)

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

    def memory(self) -> float:
        """Bytes that requests may take: of the limit, or of what is left of the machine, what the
        process at rest and bodies on their way do not."""
        limit = min(self.limit, ceiling())
        return limit - self._rest - 2 * self._settings.max_bytes

    def cost(self, order: Order) -> Cost:
        """What an order takes, told by the headers of its pictures.

        Raises ``ImageError`` where one is none, ``TooLargeError`` where one is too large.
        """
        job, (task,) = order.job, order.job.tasks
        assert isinstance(task.source, bytes)
        recipe = job.recipe
        sources = [
            *((s, "style") for s, _ in recipe.styles if isinstance(s, bytes)),
            *((mask, "mask") for mask in recipe.masks),
            *([] if recipe.only is None else [(recipe.only, "only")]),
        ]
        photo = self._header(task.source, str(task))
        others = [self._header(data, name) for data, name in _numbered(sources)]
        kind = job.saving.kind(imaging.Metadata(format=photo.format), None)
        need = Need.of(
            photo,
            recipe.controls,
            kind,
            job.saving.bits,
            masks=len(recipe.masks) + (recipe.only is not None),
            others=others,
            rest=0.0,
        )
        width, height = recipe.controls.fit_canvas(need.width, need.height)
        pixels = sum(header.width * header.height for header in (photo, *others))
        held = len(task.source) + sum(len(data) for data, _ in sources)
        limit = self.memory() - held
        fits = [way.peak for way in need.ways if way.peak <= limit]
        return Cost(
            held=held,
            painting=fits[0] if fits else need.least,
            pixels=pixels,
            work=pixels + _CANVAS * width * height,
        )

    def style_cost(self, data: bytes) -> Cost:
        """What looking at a painting takes. Raises what :meth:`cost` does."""
        header = self._header(data, "style")
        pixels = header.width * header.height
        return Cost(len(data), round((8 + header.held) * pixels), pixels, pixels)

    def paint(self, order: Order, abandoned: Callable[[], bool] = lambda: False) -> Painting:
        """Carry out an order. Raises ``InputError`` for what was sent, ``AbandonedError`` where
        nobody waits for it any more."""
        waited = (time.perf_counter() - order.placed) * 1000
        computed, job = 0, order.job
        (task,) = job.tasks

        def style(source: str | bytes, name: str, size: int) -> Style:
            nonlocal computed
            if isinstance(source, str):
                return self._named(source)
            found, known = self._look(source, name, size)
            computed += not known
            return found

        def mask(source: Any, name: str) -> Any:
            width, height = job.recipe.controls.fit(header.width, header.height)
            size = job.recipe.controls.fit_canvas(width, height)
            return imaging.read_mask(source, size, name=name, max_pixels=self._settings.max_pixels)

        assert isinstance(task.source, bytes)
        header = self._header(task.source, str(task))
        kind = job.saving.kind(imaging.Metadata(format=header.format), None)
        order.progress.expect(header, job.recipe.controls, kind)
        runner = Runner(
            lambda: self._stylizer,
            max_pixels=self._settings.max_pixels,
            max_memory=min(self.limit, ceiling()),
            style=style,
            mask=mask,
            abandoned=abandoned,
            moving=False,
            progress=order.progress.tell,
        )
        outcome = runner.paint(job, task)
        assert outcome.data is not None
        uploads = any(isinstance(source, bytes) for source, _ in job.recipe.styles)
        steps = {"wait": waited, **outcome.steps}
        cached = uploads and not computed
        return Painting(outcome.data, tag(outcome.data), steps, cached, outcome.warning)

    def check_clip(self, source: Path, job: Job) -> None:
        """Refuse a clip that takes longer than a job is given, or that :meth:`clip_cost` refuses.

        Raises ``VideoError`` for what is no clip, ``TooLargeError`` for one that is too large.
        """
        extent = Extent.of(source, job, self._settings.max_pixels)
        _check_extent(extent, self._settings)
        extent.within(self.memory())

    def clip_cost(self, source: Path, job: Job) -> tuple[int, Cost]:
        """Bytes that a clip holds from frame to frame, and what painting one takes besides.

        Raises ``VideoError`` for what is no clip, ``TooLargeError`` for too little memory.
        """
        extent = Extent.of(source, job, self._settings.max_pixels)
        extent.within(self.memory())
        width, height = job.recipe.controls.fit_canvas(extent.width, extent.height)
        pixels = extent.width * extent.height
        work = pixels + _CANVAS * width * height
        return extent.between, Cost(painting=extent.painting, pixels=pixels, work=work)

    def film(self, job: Job, heart: Heartbeat, turn: Callable[[Callable[[], Any]], Any]) -> Outcome:
        """Paint a clip that is leased; ``turn`` runs what is to wait for its turn. Raises what
        :meth:`paint` does."""

        def style(source: str | bytes, name: str, size: int) -> Style:
            if isinstance(source, str):
                return self._named(source)
            found: tuple[Style, bool] = turn(lambda: self._look(source, name, size))
            return found[0]

        runner = Runner(
            lambda: self._stylizer,
            max_pixels=self._settings.max_pixels,
            style=style,
            abandoned=heart.given_up,
        )
        return film(runner, job, heart, turn=turn)

    def save(self, data: bytes, size: int) -> str:
        """Look at a painting and keep its style; the id it is known by from then on."""
        self._look(data, "style", size)
        return _id(data, size)

    def saved(self, name: str) -> Style | None:
        """A style by a preset's name or an upload's id; ``None`` for neither, or no longer."""
        with self._lock:
            return self.presets.get(name) or self._uploaded.get(name)

    def check_preset(self, name: str) -> None:
        """Raise ``StyleError`` unless ``name`` is that of a style: never a path."""
        if self.saved(name) is None:
            hint = did_you_mean(name, self.presets, "GET /v1/styles lists them")
            if not self.presets:
                hint = "this model has no presets; send a picture as style"
            raise StyleError(f"preset: there is none of that name; {hint}")

    def held(self, recipe: Recipe, folder: Path) -> Recipe:
        """The recipe with styles that clients have saved as files, which outlive the process."""
        kept = []
        for source, weight in recipe.styles:
            style = self.saved(source) if isinstance(source, str) else None
            if style is not None and source not in self.presets:
                path = folder / f"{source!s}{SUFFIX}"
                style.save(path, force=True)
                source = str(path)
            kept.append((source, weight))
        return replace(recipe, styles=tuple(kept))

    def _named(self, name: str) -> Style:
        if name.endswith(SUFFIX):  # of a job: what a client sends is checked to be none
            return self._stylizer.style(_loaded(name))
        found = self.saved(name)
        if found is None:  # it was there as the request came
            raise StyleError("preset: the saved style is no longer kept; send the picture again")
        return found

    def _look(self, data: bytes, name: str, size: int) -> tuple[Style, bool]:
        """The style of a painting, and whether it was known already."""
        key = _id(data, size)
        with self._lock:
            found, known = self._uploaded.get(key), key in self._uploaded
        if found is None:
            most = self._settings.max_pixels
            painting = imaging.read(data, name=name, max_pixels=most, enough=size)
            found = self._stylizer.style(painting, size=size)
        with self._lock:
            self._uploaded[key] = found
            self._uploaded.move_to_end(key)
            while len(self._uploaded) > self._settings.style_cache:
                self._uploaded.popitem(last=False)
        return found, known

    def _header(self, data: bytes, name: str) -> imaging.Header:
        return imaging.header(data, name=name, max_pixels=self._settings.max_pixels)


def tag(data: bytes) -> str:
    """An entity tag for these bytes."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _id(data: bytes, size: int) -> str:
    return hashlib.sha256(b"%d:" % size + data).hexdigest()[:32]


def _numbered(sources: Iterable[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Each with its name, and its number where several have it."""
    given = list(sources)
    names = [name for _, name in given]
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = 0
    numbered = []
    for data, name in given:
        seen[name] += 1
        numbered.append((data, name if names.count(name) == 1 else f"{name} {seen[name]}"))
    return numbered


def _check_extent(extent: Extent, settings: Settings) -> None:
    """Refuse a clip that would take longer than this server gives it."""
    longest, most = settings.clip_seconds, settings.clip_pixels
    if extent.seconds > longest:
        raise TooLargeError(
            f"{extent.name}: runs {extent.seconds:.1f} s, over the limit of {longest:g}; send a "
            f"shorter clip, or preview={longest:g}"
        )
    if extent.frames > longest * _FRAMES:
        raise TooLargeError(
            f"{extent.name}: has {extent.frames} frames, over the limit of "
            f"{longest * _FRAMES:.0f}; send a shorter clip, or one of fewer frames a second"
        )
    if extent.width * extent.height > most:
        side = max(extent.width, extent.height)
        side = int(0.99 * side * math.sqrt(most / (extent.width * extent.height)))
        raise TooLargeError(
            f"{extent.name}: its frames of {extent.width}x{extent.height} are over the limit of "
            f"{most / 1e6:g} megapixels; send size={side}, or a smaller clip"
        )


def _loaded(path: str) -> Style:
    from styler import Style

    return Style.load(path)


def _left_out(error: StyleError) -> None:
    logger.warning("a preset is left out: %s", error)
