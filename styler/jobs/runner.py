"""Carrying out a job: one picture after the other, each written whole or not at all."""

from __future__ import annotations

import errno
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from styler import files
from styler.errors import OutputError, StorageError, StylerError, TooLargeError, one_line
from styler.halt import checkpoint, until
from styler.progress import Listener, advance, telling

from . import memory
from .job import Job, Task
from .ledger import Ledger, settings
from .lost import lost
from .need import Need
from .outcome import Outcome
from .recipe import Recipe, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from styler import Picture, Style, Stylizer
    from styler.imaging import Animation, Metadata
    from styler.video import Painted

    Mask = NDArray[np.float32]

__all__ = ["Runner"]

_ENOUGH = 300e6  # bytes of the process, below which nothing is given back between pictures
_LARGE = 4e6  # pixels of those after which all is: it takes little beside their own time


class Runner:
    """Carries out jobs with one network.

    Args:
        open: the network; called when it is first needed.
        max_pixels: larger photos, paintings and masks are refused by their headers; by default
            those that :func:`styler.imaging.read` refuses.
        max_memory: bytes that the process may have; photos that need more are refused by their
            headers. By default as much as system and container have left.
        style: makes a style of what a recipe says; by default presets of the model, style files and
            paintings by their paths.
        stdin: what a task without a path is read from.
        mask: makes a mask of what a recipe says; by default it is decoded at its own size.
        abandoned: asked between bands of rows and stages of the network; true ends a picture.
        moving: paint all frames of moving pictures, rather than the first.
        progress: told of each picture's steps as they begin, and of ``paint`` and ``enlarge``,
            which "stylize" consists of, how much of them is done.
    """

    def __init__(
        self,
        open: Callable[[], Stylizer],
        *,
        max_pixels: int | None = None,
        max_memory: float | None = None,
        style: Callable[[Source, str, int], Style] | None = None,
        mask: Callable[[Source, str], Mask] | None = None,
        stdin: BinaryIO | bytes = b"",
        abandoned: Callable[[], bool] = lambda: False,
        moving: bool = True,
        progress: Listener = lambda step, share: None,
    ) -> None:
        from styler.imaging import MAX_PIXELS

        memory.apart()
        self.max_pixels = max_pixels or MAX_PIXELS
        self.max_memory = max_memory
        self.ledger: Ledger | None = None
        self._renew = False
        self._open, self._style, self._stdin = open, style or self._found, stdin
        self._mask = mask or self._whole
        self._abandoned, self._moving, self._progress = abandoned, moving, progress
        self._ready: dict[Any, Any] = {}

    @cached_property
    def stylizer(self) -> Stylizer:
        return self._open()

    def run(self, job: Job) -> Iterator[Outcome]:
        """Carry out a job, yielding what comes of each picture.

        Of several pictures those that are done are skipped. A failure does not stop the others,
        unless it is one of all, a `StorageError`; its exception is the outcome's ``cause``.

        Raises:
            InputError: the recipe cannot be used.
            OutputError: pictures that were painted otherwise are in the way, or none can be
                written where they are to go.
            StorageError: nothing can be written there.
        """
        self.prepare(job.recipe)
        if job.many:
            self.open(job)
        _check_places(job)
        for task in job.tasks:
            outcome = self.attempt(job, task, anew=not job.many)
            yield outcome
            if isinstance(outcome.cause, StorageError):
                return
        if job.many and job.folder is not None:
            files.sweep(job.folder)  # what was too young when the job began

    def prepare(self, recipe: Recipe) -> None:
        """Decode masks, open the network and find the styles, once for all photos."""
        self.masks(recipe)
        self.styles(recipe)

    def look(self, job: Job, *, renew: bool = False) -> None:
        """Read what an earlier run has done, and refuse to paint over anything else.

        With ``renew``, paintings of photos that have changed are replaced.
        """
        if job.folder is None:
            return
        settings = self.settings(job.recipe) | job.saving.settings()
        settings |= {} if job.page is None else {"page": job.page}
        self.ledger = Ledger(job.folder, settings)
        outputs = {task: task.output for task in job.tasks if task.output is not None}
        self._renew = renew
        foreign = [
            output
            for task, output in outputs.items()
            if output.exists() and not self.ledger.done(task) and not self._replaces(job, task)
        ]
        if foreign:
            more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
            raise OutputError(
                f"{foreign[0]}{more}: not painted with these settings from this photo; "
                "choose another -o, or overwrite with --force"
            )

    def open(self, job: Job, *, renew: bool = False) -> None:
        """:meth:`look`, and make the folder ready."""
        self.look(job, renew=renew)
        if job.folder is not None:
            with files.storing(job.folder):
                job.folder.mkdir(parents=True, exist_ok=True)
            files.sweep(job.folder)

    def attempt(self, job: Job, task: Task, *, anew: bool = False) -> Outcome:
        """Paint one picture, unless it is done and not to be painted ``anew``."""
        try:
            if not anew and self.is_done(job, task):
                return Outcome(str(task), str(task.output), "skipped")
            return self.paint(job, task)
        except (StylerError, OSError, MemoryError) as caught:
            error = _typed(caught)
            line = _line(task, error)
            return Outcome(str(task), str(task.output), "failed", error=line, cause=error)

    def is_done(self, job: Job, task: Task) -> bool:
        if self.ledger is not None:
            return self.ledger.done(task)
        return not job.saving.force and task.output is not None and task.output.exists()

    def paint(self, job: Job, task: Task) -> Outcome:
        """Read, paint and write or encode one picture.

        Raises:
            AbandonedError: nobody waits for it any more.
        """
        with until(self._abandoned), telling(self._progress):
            return self._paint(job, task)

    def _paint(self, job: Job, task: Task) -> Outcome:
        from styler import imaging

        start, steps = time.perf_counter(), dict[str, float]()
        with self._step("decode", steps):
            read: dict[str, Any] = {"name": str(task), "max_pixels": self.max_pixels}
            source = self._twice(task)
            self.stylizer  # noqa: B018 - what it takes is part of what there is
            way = self.need(job, task, source).way
            kept: dict[str, Any] = {"frame": job.frame, "disk": way.on_disk}
            photo = imaging.read(source, bits=job.saving.bits, **kept, **read)
            told, kind = photo.metadata, job.saving.kind(photo.metadata, task.output)
            bits16 = imaging.FORMATS[kind].bits16
            moving: Animation | None = None
            if self._moving and job.page is None and kind in imaging.MOVING and _moves(told):
                moving = imaging.read_animation(source, **read)
            elif not bits16:
                photo = photo.to_bits(8)
            self.masks(job.recipe)
        with self._step("style", steps):
            self.styles(job.recipe)
        with self._step("stylize", steps):
            painted: Picture | Animation
            if moving is None:
                painted = shown = self.stylize(job.recipe, photo, tile=way.tile)
            else:
                painted = self.animate(job.recipe, moving, tile=way.tile)
                shown = painted.first
        moved = moving is not None
        del photo, moving
        memory.trim(above=_ENOUGH)
        with self._step("encode", steps):
            data = self._put(painted, job, task)
        size = shown.width, shown.height
        del painted, shown
        memory.trim(above=0 if math.prod(size) > _LARGE else _ENOUGH)
        return Outcome(
            str(task),
            "stdout" if task.output is None else str(task.output),
            "painted",
            *size,
            round(time.perf_counter() - start, 3),
            warning=lost(
                str(task),
                told,
                kind,
                wide=job.saving.bits is not None or (bits16 and not moved),
                all_frames=moved or job.page is not None,
                elsewhere=not self._moving,
            ),
            data=data,
            steps=steps,
        )

    def need(self, job: Job, task: Task, source: Path | bytes) -> Need:
        """What painting one picture takes, told by its header.

        Raises:
            TooLargeError: more than there may be.
            ImageError: it is no picture.
        """
        from styler import imaging

        name = str(task)
        header = imaging.header(source, name=name, max_pixels=self.max_pixels, frame=job.frame)
        kind = job.saving.kind(imaging.Metadata(format=header.format), task.output)
        masks = len(job.recipe.masks) + (job.recipe.only is not None)
        told = partial(Need.of, header, job.recipe.controls, kind, job.saving.bits, masks=masks)
        need = told()
        limit = self.max_memory or memory.ceiling()
        if need.way.peak > limit:
            memory.trim()
            need = told()
        return need.within(limit, name)

    def _put(self, painted: Picture | Animation, job: Job, task: Task) -> bytes | None:
        """Write what is painted, or encode it where it goes to no file."""
        if task.output is None:
            return job.saving.encode(painted, None)
        if self.ledger is None:
            job.saving.write(painted, task.output)
            return None
        data = job.saving.encode(painted, task.output)
        with files.storing(task.output.parent):
            task.output.parent.mkdir(parents=True, exist_ok=True)
        force = self._replaces(job, task)
        self.ledger.begin(task, len(data))
        files.write_bytes(data, task.output, force=force)
        return None

    def _replaces(self, job: Job, task: Task) -> bool:
        """Whether what is at the output of `task` may be replaced."""
        renew = self._renew and self.ledger is not None and self.ledger.outdated(task)
        return job.saving.force or renew

    def stylize(self, recipe: Recipe, photo: Picture, **more: Any) -> Picture:
        """Paint a decoded photo; ``more`` are keywords of :meth:`Stylizer.stylize`."""
        masks, only = self.masks(recipe)
        styles, controls = self.styles(recipe), vars(recipe.controls) | more
        return self.stylizer.stylize(photo, styles, **controls, masks=masks, only=only)

    def animate(self, recipe: Recipe, animation: Animation, **more: Any) -> Animation:
        """Paint a moving picture; ``more`` are keywords of :meth:`Stylizer.stylize`."""
        masks, only = self.masks(recipe)
        styles, controls = self.styles(recipe), vars(recipe.controls) | more
        return self.stylizer.animate(animation, styles, **controls, masks=masks, only=only)

    def film(self, recipe: Recipe, source: Path, output: Path, **more: Any) -> Painted:
        """Paint a clip; ``more`` are keywords of :func:`styler.video.paint_clip`.

        Raises:
            What :func:`styler.video.paint_clip` does.
        """
        from styler.video import paint_clip

        masks, only = self.masks(recipe)
        more |= vars(recipe.controls) | {"masks": masks, "only": only}
        with until(self._abandoned):
            return paint_clip(
                source,
                output,
                self.stylizer,
                self.styles(recipe),
                max_pixels=self.max_pixels,
                **more,
            )

    def masks(self, recipe: Recipe) -> tuple[list[Mask] | None, Mask | None]:
        """A recipe's masks and where to paint at all, decoded."""
        key = (recipe.masks, recipe.only)
        if key not in self._ready:
            named = enumerate(recipe.masks, start=1)
            masks = [self._mask(mask, _nth("mask", recipe.masks, n)) for n, mask in named]
            only = None if recipe.only is None else self._mask(recipe.only, "only")
            self._ready[key] = (masks or None, only)
        found: tuple[list[Mask] | None, Mask | None] = self._ready[key]
        return found

    def styles(self, recipe: Recipe) -> list[tuple[Style, float]]:
        """A recipe's styles with their weights."""
        size = recipe.controls.style_size
        uploads = [style for style, _ in recipe.styles if isinstance(style, bytes)]
        for n, (style, _) in enumerate(recipe.styles, start=1):
            if (style, size) not in self._ready:
                name = _nth("style", uploads, n)
                self._ready[style, size] = self._style(style, name, size)
        return [(self._ready[style, size], weight) for style, weight in recipe.styles]

    def settings(self, recipe: Recipe) -> dict[str, Any]:
        """Everything that the painted pixels depend on besides the photo, as plain values."""
        info, styles = self.stylizer.info, self.styles(recipe)
        return settings(info.sha256, info.engine, styles, recipe.controls, *self.masks(recipe))

    def _found(self, style: Source, name: str, size: int) -> Style:
        from styler import imaging, styles

        if isinstance(style, bytes):
            read = imaging.read(style, name=name, max_pixels=self.max_pixels, enough=size)
            return self.stylizer.style(read, size=size)
        take = partial(self.stylizer.style, size=size)
        return styles.resolve(style, Path(self.stylizer.info.path), take)

    def _twice(self, task: Task) -> Path | bytes:
        """What can be read twice, as a pipe cannot: once to look at it, once for all frames."""
        from styler.imaging import MAX_BYTES
        from styler.imaging.streams import opened

        if isinstance(task.source, bytes):
            return task.source
        if task.source is not None and not files.is_stream(task.source):
            return task.source
        with opened(task.source or self._stdin, str(task), MAX_BYTES) as stream:
            return stream.read()

    def _whole(self, mask: Source, name: str) -> Mask:
        from styler import imaging

        known = name if isinstance(mask, bytes) else None
        return imaging.read_mask(mask, name=known, max_pixels=self.max_pixels)

    @contextmanager
    def _step(self, name: str, steps: dict[str, float]) -> Iterator[None]:
        checkpoint()
        advance(name, 0.0)
        started = time.perf_counter()
        yield
        steps[name] = (time.perf_counter() - started) * 1000


def _check_places(job: Job) -> None:
    """Refuse a job before it is begun where none of its paintings can be written."""
    outputs = [task.output for task in job.tasks if task.output is not None]
    places = {job.folder or output.parent for output in outputs if not files.is_stream(output)}
    refusals = []
    for place in sorted(places):
        try:
            files.check_folder(place)
        except StylerError as error:
            refusals.append(error)
    if refusals and len(refusals) == len(places):
        raise refusals[0]


def _nth(field: str, of: Sequence[Any], number: int) -> str:
    return field if len(of) == 1 else f"{field} {number}"


def _moves(metadata: Metadata) -> bool:
    from styler.imaging import MOVING

    return metadata.format in MOVING and (metadata.frames or 1) > 1


def _typed(error: Exception) -> Exception:
    """What has a remedy beyond what Python says of it, as an error of our own."""
    if isinstance(error, MemoryError):
        return TooLargeError("not enough memory; paint the photo smaller with --size")
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return OutputError(files.TOO_LONG.format(files.printable(str(error.filename))))
    return error


def _line(task: Task, error: Exception) -> str:
    """The error in one line that names the photo or its output."""
    text = one_line(" ".join(str(error).split()))
    names = (one_line(str(name)) for name in (task, task.output) if name is not None)
    return text if any(name in text for name in names) else one_line(f"{task}: {text}")
