"""What frames of a moving picture have in common, so that it does not flicker.

A photo is normalized by its own statistics. Were each frame by its own, whatever enters or leaves
the picture would change the colours of all the rest; so all are normalized by those of all of them.
"""

from collections.abc import Hashable
from typing import TypeVar

from styler.imaging import Palette
from styler.styles import FeatureStats

__all__ = ["Steady"]

Value = TypeVar("Value", FeatureStats, Palette)


class Steady:
    """Statistics of several frames as one; of a single picture it changes nothing.

    It is told those of each frame, and gives them back, until it is :meth:`settled`; from then on
    it gives what they have in common.
    """

    def __init__(self) -> None:
        self._told: dict[Hashable, list[FeatureStats | Palette]] = {}
        self._common: dict[Hashable, FeatureStats | Palette] = {}
        self.learns = False

    def __call__(self, key: Hashable, own: Value) -> Value:
        """The statistics to use in place of a frame's ``own``."""
        if self.learns:
            self._told.setdefault(key, []).append(own)
        common = self._common.get(key, own)
        assert isinstance(common, type(own))
        return common

    def settled(self) -> None:
        """Take together what has been told so far."""
        self.learns = False
        for key, parts in self._told.items():
            palettes = [part for part in parts if isinstance(part, Palette)]
            statistics = [part for part in parts if isinstance(part, FeatureStats)]
            if palettes:
                self._common[key] = Palette.mix(palettes, [1 / len(palettes)] * len(palettes))
            else:
                self._common[key] = FeatureStats.merged(statistics)
