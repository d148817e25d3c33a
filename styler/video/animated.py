"""A moving picture (GIF, WebP, PNG, AVIF) as a clip."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from styler.files import printable
from styler.imaging import Animation, read_animation

from .clip import Facts, Timed, extent, still
from .colour import SRGB

__all__ = ["Animated", "animation"]

MILLISECOND = Fraction(1, 1000)


class Animated:
    """A moving picture, decoded as a whole.

    Args:
        path: of the file.
        max_pixels: that all frames together may have.

    Raises:
        VideoError: it does not move.
        ImageError, TooLargeError: as :func:`styler.imaging.read_animation`.
    """

    def __init__(self, path: Path, max_pixels: int) -> None:
        self.path, self.notes = path, list[str]()
        self._found = read_animation(path, max_pixels=max_pixels)
        first, count = self._found.first, len(self._found.frames)
        if count < 2:
            raise still(printable(str(path)))
        seconds = sum(self._found.durations) / 1000
        self.facts = Facts(
            name=printable(str(path)),
            format=first.metadata.format or "",
            width=first.width,
            height=first.height,
            time_base=MILLISECOND,
            rate=Fraction(count / seconds).limit_denominator(1001) if seconds > 0 else None,
            frames=count,
            aspect=None,
            colour=SRGB,
            loop=self._found.loop,
        )

    def extent(self, preview: float | None = None) -> tuple[int, float]:
        """As :meth:`styler.video.clip.Clip.extent`."""
        return extent(self._found.times, self._found.durations[-1] / 1000, preview)

    def frames(self, skip: int = 0) -> Iterator[Timed]:
        """As :meth:`styler.video.clip.Clip.frames`."""
        timed = zip(self._found.frames, self._found.times, self._found.durations, strict=True)
        for number, (frame, start, duration) in enumerate(timed):
            if number >= skip:
                yield Timed(frame, round(start * 1000), round(duration))


def animation(frames: list[Timed], facts: Facts, step: int) -> Animation:
    """Frames as a moving picture.

    Args:
        frames: of a clip.
        facts: of that clip.
        step: milliseconds that its format counts in. What is rounded off of one frame's time is
            given to the next.
    """
    unit = facts.time_base * 1000 / step
    ends = [frame.start for frame in frames[1:]]
    ends.append(frames[-1].start + frames[-1].duration)
    marks = [round((at - frames[0].start) * unit) for at in (frames[0].start, *ends)]
    durations = [max(1, b - a) * float(step) for a, b in pairwise(marks)]
    pictures = tuple(frame.picture for frame in frames)
    return Animation(pictures, tuple(durations), 0 if facts.loop is None else facts.loop)
