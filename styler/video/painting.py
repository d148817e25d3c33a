"""Painting a clip: looked at as a whole, painted part by part, and joined."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.metadata import version
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from styler import files
from styler.controls import Controls
from styler.errors import OutputError, ParameterError, TooLargeError, VideoError
from styler.halt import checkpoint
from styler.imaging import MAX_PIXELS, Picture, encode_animation
from styler.inference.shots import key_of

from .animated import animation
from .clip import Clip, Timed
from .coding import GROUP, Coding
from .footage import Footage
from .joining import join
from .library import libav
from .opening import open_clip
from .parts import Parts

if TYPE_CHECKING:
    from styler import Style, Stylizer
    from styler.inference.moving import Moving

__all__ = ["Painted", "Progress", "paint_clip"]


@dataclass(frozen=True)
class Progress:
    """How far a clip is.

    Attributes:
        step: "look" for shots and statistics, then "paint".
        done: frames.
        total: frames, an estimate while they are looked at; ``None`` is not known.
        resumed: frames that an earlier run has painted.
    """

    step: Literal["look", "paint"]
    done: int
    total: int | None
    resumed: int = 0


@dataclass(frozen=True)
class Painted:
    """What came of a clip.

    Attributes:
        output: the file.
        width, height: of its frames.
        frames: how many there are.
        seconds: how long it runs.
        shots: how many there are.
        resumed: frames that an earlier run had painted.
        took: seconds that this run took.
        notes: what of the clip is not in it, in a few words each.
    """

    output: str
    width: int
    height: int
    frames: int
    seconds: float
    shots: int
    resumed: int
    took: float
    notes: tuple[str, ...] = ()


def paint_clip(
    source: Path,
    output: Path,
    stylizer: Stylizer,
    styles: Sequence[tuple[Style, float]],
    *,
    preview: float | None = None,
    crf: int | None = None,
    force: bool = False,
    max_pixels: int = MAX_PIXELS,
    turn: Callable[[Callable[[], Picture]], Picture] = lambda paint: paint(),
    told: Callable[[Progress], None] = lambda _: None,
    **keywords: Any,
) -> Painted:
    """Paint a clip so that it does not flicker; sound, subtitles, times and tags stay.

    What is painted is kept in parts beside the output. A run that is ended in whatever way is gone
    on with by the same call, to the same bytes. :func:`styler.halt.until` calls it off.

    Args:
        source: mp4, mov, mkv, webm and what else FFmpeg reads, or a moving GIF, WebP, PNG or AVIF.
        output: mp4, m4v, mov, mkv, webm, gif, webp, png or avif, by its name.
        stylizer: paints.
        styles: with their weights.
        preview: paint so many seconds from the beginning; all by default.
        crf: constant rate factor, lower is better and larger: 18 by default for H.264, 30 for VP9.
        force: replace what is at the output.
        max_pixels: of a frame and, of a moving picture, of all frames together.
        turn: runs what paints a frame, such as when its turn has come; by default at once.
        told: called after each frame.
        keywords: controls and masks as :meth:`styler.Stylizer.stylize` takes them.

    Raises:
        VideoError: it is no clip, a broken one, or HDR.
        TooLargeError: it has more pixels.
        OutputError: the output exists, or cannot be written so.
        StorageError: nothing can be written there.
        MissingDependencyError: PyAV is not installed.
        AbandonedError: it has been called off.
        What :meth:`styler.Stylizer.stylize` does.
    """
    began = time.monotonic()
    if preview is not None and not 0 < preview < float("inf"):
        raise ParameterError(f"preview must be above 0 seconds, not {preview}")
    coding = Coding.of(output, crf)
    _check(source, output, force)
    libav()
    clip = open_clip(source, max_pixels=max_pixels)
    controls = Controls(**{n: v for n, v in keywords.items() if n not in ("masks", "only")})
    size = coding.even(*controls.fit(clip.facts.width, clip.facts.height))
    moving = stylizer.moving(styles, turn=turn, **keywords)
    about = {
        "versions": [version("styler"), version("av")],
        "source": [str(source.resolve()), source.stat().st_size, source.stat().st_mtime_ns],
        "network": [stylizer.info.sha256, stylizer.info.engine],
        "styles": [[key_of(style), weight] for style, weight in styles],
        "keywords": {name: _plain(value) for name, value in sorted(keywords.items())},
        "coding": [*vars(coding).values(), *size, preview],
    }
    parts = Parts(output, hashlib.sha256(json.dumps(about).encode()).hexdigest()[:16])
    parts.open()
    most = max_pixels // (size[0] * size[1]) if coding.moving else None
    starts, durations = _look(clip, size, moving, parts, preview, most, told)
    resumed = _paint(clip, size, moving, parts, coding, len(starts), told)
    end = None if preview is None else (starts[-1] + durations[-1]) * clip.facts.time_base
    notes = _finish(clip, parts, coding, starts, durations, end, force)
    parts.remove()
    return Painted(
        output=str(output),
        width=size[0],
        height=size[1],
        frames=len(starts),
        seconds=float(sum(durations) * clip.facts.time_base),
        shots=len(moving.cuts),
        resumed=resumed,
        took=round(time.monotonic() - began, 3),
        notes=(*clip.facts.notes, *dict.fromkeys(clip.notes), *notes),
    )


def _check(source: Path, output: Path, force: bool) -> None:
    """Refuse before any work where the output is in the way or has no folder."""
    if not output.parent.is_dir():
        raise OutputError(f"{output}: there is no folder {output.parent}; make it first")
    if not output.exists():
        return
    if source.exists() and output.samefile(source):
        raise OutputError(f"{output}: is the clip itself; choose another name")
    if files.is_stream(output):
        raise OutputError(f"{output}: is a pipe; a clip is written to a file")
    if not force:
        raise files.exists(output)


def _look(
    clip: Clip,
    size: tuple[int, int],
    moving: Moving,
    parts: Parts,
    preview: float | None,
    most: int | None,
    told: Callable[[Progress], None],
) -> tuple[list[int], list[int]]:
    """Look at all frames, unless that has been done; when each is shown, and how long."""
    known = parts.known()
    if known is not None:
        moving.recall(known)
        return known["starts"].tolist(), known["durations"].tolist()
    starts: list[int] = []
    durations: list[int] = []
    base, total = clip.facts.time_base, clip.facts.frames
    if preview is not None and clip.facts.rate:
        wanted = max(1, round(preview * clip.facts.rate))
        total = wanted if total is None else min(total, wanted)

    def frames() -> Iterator[tuple[float, Any]]:
        for frame in clip.frames():
            seconds = float((frame.start - (starts[0] if starts else frame.start)) * base)
            if preview is not None and seconds >= preview:
                return
            if most is not None and len(starts) >= most:
                raise TooLargeError(
                    f"{clip.facts.name}: over {most} frames of {size[0]}x{size[1]} are too many "
                    "for a moving picture; make it shorter (preview) or smaller (size), or write "
                    "an mp4"
                )
            starts.append(frame.start)
            durations.append(frame.duration)
            yield seconds, frame.picture.resized(size)

    for done in moving.look(frames()):
        checkpoint()
        told(Progress("look", done, None if total is None else max(done, total)))
    own = {"starts": np.array(starts, np.int64), "durations": np.array(durations, np.int64)}
    parts.keep(own | moving.known())
    return starts, durations


def _paint(
    clip: Clip,
    size: tuple[int, int],
    moving: Moving,
    parts: Parts,
    coding: Coding,
    count: int,
    told: Callable[[Progress], None],
) -> int:
    """Paint all that is not painted; how many frames were."""
    bounds = [0]
    for cut in [*moving.cuts[1:], count]:
        bounds += range(bounds[-1] + GROUP, cut, GROUP)
        bounds.append(cut)
    ready = len(parts.done())
    resumed = done = bounds[min(ready, len(bounds) - 1)]
    if resumed == count:
        return resumed
    moving.resume(parts.left())
    frames = clip.frames(resumed)

    def painted(first: int, end: int) -> Iterator[Timed]:
        nonlocal done
        for number, frame in enumerate(islice(frames, end - first), start=first):
            checkpoint()
            yield replace(frame, picture=moving.paint(number, frame.picture.resized(size)))
            done = number + 1
            told(Progress("paint", done, count, resumed))

    for first, end in [*pairwise(bounds)][ready:]:
        parts.write(painted(first, end), coding, clip.facts, size, moving.state)
        if done != end:
            raise VideoError(f"{clip.facts.name}: has changed while it was painted; start anew")
    return resumed


def _finish(
    clip: Clip,
    parts: Parts,
    coding: Coding,
    starts: list[int],
    durations: list[int],
    end: Fraction | None,
    force: bool,
) -> list[str]:
    """Write the output; what of the clip it does not hold."""
    if coding.moving:
        timed = [
            Timed(picture, *times)
            for picture, *times in zip(parts.pictures(), starts, durations, strict=True)
        ]
        moved = animation(timed, clip.facts, 10 if coding.container == "gif" else 1)
        files.write_bytes(encode_animation(moved, coding.container), parts.output, force=force)
        return ["its sound is left out"] if isinstance(clip, Footage) and clip.sounds() else []
    footage = clip if isinstance(clip, Footage) else None
    try:
        with (
            files.storing(parts.output),
            files.replacing(parts.output, force=force) as temporary,
        ):
            return join(parts, footage, coding, clip.facts, durations, end, temporary)
    except FileExistsError as error:
        raise files.exists(parts.output) from error


def _plain(value: Any) -> Any:
    """A keyword as text that stands for it."""
    if isinstance(value, np.ndarray):
        return [value.shape, hashlib.sha256(value.tobytes()).hexdigest()]
    return [_plain(part) for part in value] if isinstance(value, list) else str(value)
