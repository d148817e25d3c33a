"""An engine by tiles: a canvas of any size in the memory of a tile and of the maps between stages.

Each stage makes its maps tile by tile, from parts of the maps before that reach as far beyond the
tile as the stage sees; statistics are merged over all. The traversal and its result are the same.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.halt import checkpoint
from styler.imaging import bands
from styler.styles import FeatureStats

from .adain import Affine
from .engine import Engine
from .padding import Window, cells
from .reach import Reach

__all__ = ["Tiled"]

Array = NDArray[Any]


class Tiled:
    """An engine whose maps are numpy arrays that another one makes in parts.

    Args:
        engine: makes them.
        reach: how far its model sees.
        height, width: of what enters the first stage.
        tile: side of a tile in pixels, a multiple of the model's.
    """

    def __init__(self, engine: Engine, reach: Reach, height: int, width: int, tile: int) -> None:
        self.name, self.threads = engine.name, engine.threads
        self._engine, self._reach = engine, reach
        self._height, self._width, self._tile = height, width, tile

    def encode(self, picture: Array) -> Sequence[Array]:
        def work(_: Window, maps: Sequence[Array]) -> Sequence[Any]:
            return self._engine.encode(maps[0])

        return self._made(work, self._reach.encoder, [picture])

    def run(
        self, stage: int, x: Array, affine: Affine | None, aside: Sequence[Array]
    ) -> Sequence[Array]:
        def work(seen: Window, maps: Sequence[Array]) -> Sequence[Any]:
            own = affine and affine.at(cells(seen, self._factor(x)))
            return self._engine.run(stage, maps[0], own, maps[1:])

        return self._made(work, self._reach.stages[stage], [x, *aside])

    def statistics(
        self, x: Array, window: Window, mask: NDArray[np.float32] | None = None
    ) -> FeatureStats:
        inside = x[0, :, *window]
        channels, height, width = inside.shape
        return FeatureStats.merged(
            FeatureStats.of(inside[:, rows], None if mask is None else mask[rows])
            for rows in bands(height, channels * width)
            if mask is None or mask[rows].any()
        )

    def fetch(self, x: Array, window: Window) -> Array:
        return x[:, :, *window]

    def _made(
        self,
        work: Callable[[Window, Sequence[Array]], Sequence[Any]],
        reach: int,
        maps: Sequence[Array],
    ) -> list[Array]:
        """The maps that some work makes of others: of what it sees of a tile, the tile."""
        whole: list[Array] = []
        for tile, seen in self._tiles(reach):
            checkpoint()
            given = [np.ascontiguousarray(x[:, :, *cells(seen, self._factor(x))]) for x in maps]
            rows, columns = (
                slice(own.start - around.start, own.stop - around.start)
                for own, around in zip(tile, seen, strict=True)
            )
            for number, made in enumerate(work(seen, given)):
                factor = (seen[0].stop - seen[0].start) // made.shape[2]
                part = self._engine.fetch(made, cells((rows, columns), factor))
                if number == len(whole):
                    sides = self._height // factor, self._width // factor
                    whole.append(np.empty((*part.shape[:2], *sides), part.dtype))
                whole[number][:, :, *cells(tile, factor)] = part
        return whole

    def _tiles(self, reach: int) -> Iterator[tuple[Window, Window]]:
        """Each tile in pixels, and what is seen of it."""
        for top in range(0, self._height, self._tile):
            for left in range(0, self._width, self._tile):
                tile = (
                    slice(top, min(top + self._tile, self._height)),
                    slice(left, min(left + self._tile, self._width)),
                )
                yield (
                    tile,
                    (
                        slice(max(0, top - reach), min(tile[0].stop + reach, self._height)),
                        slice(max(0, left - reach), min(tile[1].stop + reach, self._width)),
                    ),
                )

    def _factor(self, x: Array) -> int:
        return self._height // int(x.shape[2])
