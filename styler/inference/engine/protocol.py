"""What an engine must do. Feature maps stay in the engine's own form between its calls."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from styler.styles import FeatureStats

from ..adain import Affine
from ..padding import Window

__all__ = ["Engine", "Map"]

Map = Any
"""A feature map ``(1, C, H, W)``: a numpy array or a torch tensor."""


class Engine(Protocol):
    """Runs a model's graphs; safe to use from several threads at once."""

    name: str
    threads: int

    tile: int
    """Side of the tiles by which it makes maps as large as the canvas fastest."""

    def encode(self, picture: NDArray[np.float32]) -> Sequence[Map]:
        """The style encoder: ``(1, 3, H, W)`` in [0, 1] to one map for each style site."""
        ...

    def run(self, stage: int, x: Map, affine: Affine | None, aside: Sequence[Map]) -> Sequence[Map]:
        """One stage: the new ``x``, then the maps it puts aside.

        Args:
            stage: its number; stage 0 takes the picture.
            x: what the stage before returned, or a numpy array.
            affine: of the site in front; ``None`` for stage 0.
            aside: the maps it takes from the stack, or numpy arrays.
        """
        ...

    def statistics(
        self, x: Map, window: Window, mask: NDArray[np.float32] | None = None
    ) -> FeatureStats:
        """Statistics of a part of a map, under weights of that part's size."""
        ...

    def fetch(self, x: Map, window: Window) -> NDArray[np.float32]:
        """A part of a map as a numpy array ``(1, C, h, w)``."""
        ...
