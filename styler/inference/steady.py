"""What painting a frame takes from other frames, so that a moving picture does not flicker.

A photo is painted by itself alone. Frames that were would differ where the scene does not: what
enters or leaves the picture would change the colours of all the rest, and strokes would lie on the
screen rather than on things.
"""

from collections.abc import Hashable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from styler.imaging import Palette
from styler.styles import FeatureStats

__all__ = ["Array", "Steady", "Value"]

Array = NDArray[np.float32]
Value = TypeVar("Value", FeatureStats, Palette)


class Steady:
    """Of a single picture, which has no other frames: it changes nothing."""

    def statistics(self, key: Hashable, own: Value) -> Value:
        """The statistics to use in place of a frame's ``own``; ``key`` says which they are."""
        return own

    def brushed(self, x: Array, painted: Array, brushed: Array) -> Array:
        """A painting with strokes, ``(1, 3, H, W)``, given the frame, and it without and with its
        own."""
        return brushed

    def painted(self, painted: Array) -> Array:
        """A painting, ``(1, 3, H, W)``, given the frame's own."""
        return painted
