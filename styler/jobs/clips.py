"""Clips among the pictures of a job: told apart, and painted by the code of ``styler video``."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from styler import files
from styler.errors import ParameterError

from .heartbeat import Heartbeat
from .job import Job
from .need import Need, too_much
from .outcome import Outcome
from .queue import Entry
from .runner import Runner

if TYPE_CHECKING:
    from styler.video import Progress

__all__ = ["Extent", "check", "film", "is_clip", "sweep"]

LOOKING = 0.1
"""Part of the time that goes by before the first frame is painted."""

CODERS = 40e6
"""Bytes that decoder and encoder hold."""

BETWEEN = 130
"""Bytes a pixel of a frame that they hold, of which the encoder looks 40 ahead."""

FLOW = 100
"""Bytes a pixel of the canvas that a frame takes besides, to be painted like the one before."""


def is_clip(source: Path | bytes, output: Path) -> bool:
    """Whether a picture of a job is a clip: its bytes begin so, or it is to become one."""
    from styler import video

    return output.suffix.lower() in video.CONTAINERS or video.is_clip(source)


def check(job: Job) -> None:
    """Refuse before any work what cannot be encoded so.

    Raises:
        OutputError: a name tells no format.
        ParameterError: an option has no effect, or is out of its range.
        MissingDependencyError: there is a clip, and PyAV is not installed.
    """
    from styler.video import Coding
    from styler.video.library import libav

    pictures = []
    for task in job.tasks:
        assert task.source is not None and task.output is not None
        if is_clip(task.source, task.output):
            Coding.of(task.output, job.crf)
            libav()
        else:
            pictures.append(task.output)
    saving = job.saving
    if len(pictures) == len(job.tasks):
        _refuse("clips", preview=job.preview, crf=job.crf)
    elif not pictures:
        lossless = saving.lossless or None
        _refuse("pictures", quality=saving.quality, bits=saving.bits, lossless=lossless)
    saving.check(pictures)


@dataclass(frozen=True)
class Extent:
    """What painting a clip takes.

    Attributes:
        name: of the clip, for errors.
        width, height: of its painted frames.
        frames, seconds: that are painted.
        between: bytes that are held from one frame to the next.
        painting: bytes that a frame takes besides, while it is painted.
    """

    name: str
    width: int
    height: int
    frames: int
    seconds: float
    between: int
    painting: int

    @classmethod
    def of(cls, source: Path, job: Job, max_pixels: int | None = None) -> Self:
        """Told by its header and the times of its frames; only the first is decoded.

        Raises:
            VideoError: it is no clip, a broken one, or HDR.
            TooLargeError: its frames have more pixels.
        """
        from styler.imaging import MAX_PIXELS, Header
        from styler.video import open_clip

        clip = open_clip(source, max_pixels=max_pixels or MAX_PIXELS)
        width, height = clip.facts.width, clip.facts.height
        frame = Header(width, height, "png", "RGB", 8, alpha=False, held=0.0)
        controls = job.recipe.controls
        masks = len(job.recipe.masks) + (job.recipe.only is not None)
        need = Need.of(frame, controls, "png", masks=masks, rest=0.0)
        across, down = controls.fit_canvas(need.width, need.height)
        return cls(
            clip.facts.name,
            need.width,
            need.height,
            *clip.extent(job.preview),
            between=round(CODERS + BETWEEN * width * height),
            painting=need.way.peak + FLOW * across * down,
        )

    def within(self, limit: float) -> None:
        """Raise `TooLargeError` where it takes more bytes."""
        if self.between + self.painting > limit:
            raise too_much(self.name, self.width, self.height, self.between + self.painting, limit)


def film(runner: Runner, job: Job, heart: Heartbeat, **more: Any) -> Outcome:
    """Paint a clip that is leased, into a file beside its output.

    Its parts lie there, too, until the clip is whole: whoever takes it up goes on behind them.

    Args:
        runner: paints.
        job: that the clip is of.
        heart: of the lease; it is told how far the clip is, and how many ``frames`` of it are
            ``painted``.
        more: keywords of :func:`styler.video.paint_clip`.

    Raises:
        What :func:`styler.video.paint_clip` does.
    """
    lease = heart.lease
    with files.storing(lease.output):
        lease.output.parent.mkdir(parents=True, exist_ok=True)
    whole = _unfinished(lease.job, lease.number, lease.output)
    clip = {"preview": job.preview, "crf": job.crf, "force": True}
    done = runner.film(job.recipe, lease.source, whole, told=_teller(heart), **clip, **more)
    return Outcome(
        str(lease.source),
        str(lease.output),
        "painted",
        done.width,
        done.height,
        done.took,
        warning=f"{lease.source}: {'; '.join(done.notes)}" if done.notes else None,
        file=whole,
        frames=done.frames,
    )


def sweep(job: str, entry: Entry) -> None:
    """Remove what a clip that is called off has left beside its output."""
    whole = _unfinished(job, entry.number, entry.output)
    for path in whole.parent.glob(f"*{whole.name}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _refuse(kind: str, **options: object) -> None:
    for name, value in options.items():
        if value is not None:
            raise ParameterError(f"{name} is of {kind}, and there are none; leave it out")


def _unfinished(job: str, number: int, output: Path) -> Path:
    """Where a clip is written, and its parts beside it, until it is whole."""
    return output.with_name(f".{job}-{number}-clip{output.suffix}")


def _teller(heart: Heartbeat) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        painting = progress.step == "paint"
        done = progress.done / progress.total if progress.total else 0.0
        heart.progress = LOOKING + (1 - LOOKING) * done if painting else LOOKING * done
        painted = progress.done if painting else progress.resumed
        heart.facts = {"frames": progress.total, "painted": painted}

    return tell
