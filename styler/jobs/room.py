"""Memory that several worker processes of one machine share without overdrawing it.

Each has a place in shared memory where it says what it takes, and begins a picture only when the
sum of all places is within the limit. There is no lock that a killed process could leave closed:
whoever says first and looks then cannot be overlooked by another that does the same.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, MutableSequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from styler.halt import AbandonedError

__all__ = ["Room"]

_PAUSE = 0.05  # seconds, about, between two looks


@dataclass(frozen=True)
class Room:
    """One worker's view of what all take.

    Attributes:
        limit: bytes of all together.
        places: bytes of each; they may be in shared memory.
        mine: the worker's own place.
    """

    limit: float = float("inf")
    places: MutableSequence[float] = field(default_factory=lambda: [0.0])
    mine: int = 0

    @contextmanager
    def taken(self, peak: float, given_up: Callable[[], bool]) -> Iterator[None]:
        """Wait until a process of this ``peak`` fits beside the others, and hold its place.

        A picture that fits beside none is let in when all others are at rest.

        Raises:
            AbandonedError: it is ``given_up`` meanwhile.
        """
        while not self._enters(peak):
            if given_up():
                raise AbandonedError("the picture was given up before there was memory for it")
            time.sleep(_PAUSE * random.uniform(0.5, 1.5))  # noqa: S311 - or two refuse each other
        try:
            yield
        finally:
            self.places[self.mine] = 0.0

    def _enters(self, peak: float) -> bool:
        self.places[self.mine] = peak
        others = sum(self.places) - peak
        if not others or others + peak <= self.limit:
            return True
        self.places[self.mine] = 0.0
        return False
