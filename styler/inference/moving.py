"""Painting frames one after the other, each with what those around it tell."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.imaging import Picture

from .draft import Draft, Moved
from .shots import Cuts, Statistics, key_of
from .steady import Array, Steady, Value

__all__ = ["Moving"]

EVERY = 0.5
"""Seconds from a frame whose statistics are taken to the next."""


class Moving:
    """Paints the frames of a moving picture in their order.

    It is shown all of them first (:meth:`look`): that tells shots, and the statistics along each.
    What it knows and where it stands can be kept as arrays, so that another process goes on.

    Args:
        paint: paints a frame as :meth:`styler.Stylizer.stylize` does, with what others tell.
    """

    def __init__(self, paint: Callable[[Picture, Steady], Picture]) -> None:
        self._paint = paint
        self._times: list[float] = []
        self._shots: list[int] = []
        self._statistics = Statistics()
        self._draft: Draft | None = None

    @property
    def cuts(self) -> list[int]:
        """The frames with which shots begin."""
        return [n for n, shot in enumerate(self._shots) if n == 0 or shot != self._shots[n - 1]]

    def look(self, frames: Iterable[tuple[float, Picture]]) -> Iterator[int]:
        """Look at all frames, each with its time in seconds; yields how many are seen.

        One in half a second, and the first of each shot, is painted to learn its statistics.
        """
        begins, last = Cuts(), 0.0
        for number, (time, frame) in enumerate(frames):
            cut = begins(frame)
            self._times.append(time)
            self._shots.append((self._shots[-1] if number else -1) + cut)
            if cut or time - last >= EVERY:
                last = time
                self._paint(frame, _Learning(self._statistics, self._shots[-1], time))
            yield number + 1

    def paint(self, number: int, frame: Picture) -> Picture:
        """Paint the frame of that number, from 0; the one before has been painted last."""
        shot = self._shots[number]
        if number == 0 or shot != self._shots[number - 1]:
            self._draft = None
        steady = _Following(self._statistics, shot, self._times[number], self._draft)
        painted = self._paint(frame, steady)
        self._draft = steady.left
        return painted

    def known(self) -> dict[str, NDArray[Any]]:
        """What :meth:`look` has found."""
        own = {"times": np.array(self._times), "shots": np.array(self._shots)}
        return own | self._statistics.arrays()

    def recall(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take what :meth:`known` gave instead of looking."""
        self._times, self._shots = arrays["times"].tolist(), arrays["shots"].tolist()
        self._statistics = Statistics.of(arrays)

    def state(self) -> dict[str, NDArray[Any]]:
        """What the last frame leaves for the next."""
        return {} if self._draft is None else dict(vars(self._draft))

    def resume(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on behind the frame that left this :meth:`state`."""
        self._draft = Draft(**arrays) if arrays else None


class _Learning(Steady):
    """Tells the statistics of a frame."""

    def __init__(self, statistics: Statistics, shot: int, time: float) -> None:
        self._told, self._shot, self._time = statistics, shot, time

    def statistics(self, key: Hashable, own: Value) -> Value:
        self._told.tell(key_of(key), self._shot, self._time, own)
        return own


class _Following(Steady):
    """Takes the statistics about a frame, and the frame before as a draft."""

    def __init__(self, statistics: Statistics, shot: int, time: float, draft: Draft | None) -> None:
        self._known, self._shot, self._time = statistics, shot, time
        self._draft = draft
        self._moved: Moved | None = None
        self.left: Draft | None = None

    def statistics(self, key: Hashable, own: Value) -> Value:
        return self._known.at(key_of(key), self._shot, self._time, own)

    def brushed(self, x: Array, painted: Array, brushed: Array) -> Array:
        self._moved = self._draft.moved(x) if self._draft else None
        if self._moved:
            brushed = self._moved.brushed(painted, brushed)
        self._frame, self._strokes = x, brushed - painted
        return brushed

    def painted(self, painted: Array) -> Array:
        painted = self._moved.painted(painted) if self._moved else painted
        self.left = Draft.of(self._frame, self._strokes, painted)
        return painted
