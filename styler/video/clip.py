"""A clip as the rest of the program sees it: upright sRGB frames with their times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from styler.imaging import Picture

from .colour import Colour

__all__ = ["Clip", "Facts", "Timed"]


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

    def frames(self, skip: int = 0) -> Iterator[Timed]:
        """Its frames in the order in which they are shown, without the first ``skip``.

        Raises:
            VideoError: not one can be decoded.
        """
        ...
