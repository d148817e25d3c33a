"""A clip as the rest of the program sees it: upright sRGB frames with their times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from styler.errors import VideoError
from styler.imaging import Picture

from .colour import Colour

__all__ = ["Clip", "Facts", "Timed", "extent", "still"]


@dataclass(frozen=True, eq=False)
class Timed:
    """A frame and when it is shown.

    Attributes:
        picture: upright, of 8 bits, every one of a clip of the same size.
        start: in units of the clip's time base.
        duration: the same; 0 where nothing tells it.
    """

    picture: Picture
    start: int
    duration: int


@dataclass(frozen=True)
class Facts:
    """What a clip's header tells.

    Attributes:
        name: of the clip, for errors.
        format: of its file.
        width, height: of the upright frames.
        time_base: seconds of a unit of time.
        rate: frames a second on average, where known.
        frames: how many there are, where known; headers may be wrong.
        aspect: width of a pixel over its height, where told.
        colour: how its colours are coded.
        loop: how often a moving picture runs; 0 is for ever, ``None`` not told.
        notes: what of it is not painted or not kept, each in a few words.
    """

    name: str
    format: str
    width: int
    height: int
    time_base: Fraction
    rate: Fraction | None
    frames: int | None
    aspect: Fraction | None
    colour: Colour
    loop: int | None = None
    notes: tuple[str, ...] = ()


class Clip(Protocol):
    """A file with frames."""

    path: Path
    facts: Facts
    notes: list[str]
    """What turned out while frames were read, in a few words each."""

    def extent(self, preview: float | None = None) -> tuple[int, float]:
        """How many frames it has and how many seconds it runs, counted rather than told by its
        header; of so many seconds from its beginning."""
        ...

    def frames(self, skip: int = 0) -> Iterator[Timed]:
        """Its frames in the order in which they are shown, without the first ``skip``.

        Raises:
            VideoError: not one can be decoded.
        """
        ...


def still(name: str) -> VideoError:
    """The error of a picture that does not move."""
    return VideoError(f"{name}: is a picture; `styler stylize` paints it")


def extent(starts: Sequence[float], length: float, preview: float | None) -> tuple[int, float]:
    """How many frames there are and how many seconds they run, by when each is shown and how long
    the last one is, in seconds; of so many seconds from the first."""
    first = min(starts, default=0.0)
    seconds = max(starts, default=0.0) - first + length
    if preview is None:
        return len(starts), seconds
    return sum(start - first < preview for start in starts), min(seconds, preview)
