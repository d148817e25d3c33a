"""An engine by tiles: a canvas of any size in the memory of a tile and of the maps between stages.

Each stage makes its maps tile by tile, from parts of the maps before that reach as far beyond the
tile as the stage sees; statistics are merged over all. The traversal and its result are the same.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.halt import checkpoint
from styler.imaging import bands
from styler.models import ModelSpec
from styler.styles import FeatureStats

from .adain import Affine
from .engine import Engine
from .padding import Window, cells

__all__ = ["Tiled"]

Array = NDArray[Any]


class Tiled:
    """An engine whose maps are numpy arrays that another one makes in parts.

    Args:
        engine: makes them.
        spec: its model.
        reach: pixels beyond a tile that the style encoder sees, and each stage.
        height, width: of what enters the first stage.
        tile: the longest side of a tile, in pixels.
    """

    def __init__(
        self,
        engine: Engine,
        spec: ModelSpec,
        reach: Sequence[int],
        height: int,
        width: int,
        tile: int,
    ) -> None:
        self.name, self.threads, self.tile = engine.name, engine.threads, engine.tile
        self._engine, self._multiple, self._last = engine, spec.multiple, len(spec.stages) - 1
        self._encoder, *self._reach = reach
        self._height, self._width, self._side = height, width, tile

    def encode(self, picture: Array) -> Sequence[Array]:
        def work(_: Window, maps: Sequence[Array]) -> Sequence[Any]:
            return self._engine.encode(maps[0])

        return self._made(work, [picture], self._encoder, self._side)

    def run(
        self, stage: int, x: Array, affine: Affine | None, aside: Sequence[Array]
    ) -> Sequence[Array]:
        def work(seen: Window, maps: Sequence[Array]) -> Sequence[Any]:
            own = affine and affine.at(cells(seen, self._factor(x)))
            return self._engine.run(stage, maps[0], own, maps[1:])

        # What the last stage makes is as large as the canvas: smaller tiles of it stay in cache.
        side = min(self._side, self.tile) if stage == self._last else self._side
        return self._made(work, [x, *aside], self._reach[stage], side)

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
        maps: Sequence[Array],
        reach: int,
        side: int,
    ) -> Sequence[Array]:
        """The maps that some work makes of others: of what it sees of a tile, the tile."""
        rows, columns = (self._cut(length, side) for length in (self._height, self._width))
        if len(rows) == len(columns) == 1:
            made = work((rows[0], columns[0]), maps)
            return [self._engine.fetch(x, (slice(None), slice(None))) for x in made]
        whole: list[Array] = []
        for tile in product(rows, columns):
            checkpoint()
            seen = self._seen(tile, reach)
            given = [np.ascontiguousarray(x[:, :, *cells(seen, self._factor(x))]) for x in maps]
            inside = (
                slice(tile[0].start - seen[0].start, tile[0].stop - seen[0].start),
                slice(tile[1].start - seen[1].start, tile[1].stop - seen[1].start),
            )
            for number, made in enumerate(work(seen, given)):
                factor = (seen[0].stop - seen[0].start) // made.shape[2]
                part = self._engine.fetch(made, cells(inside, factor))
                if number == len(whole):
                    sides = self._height // factor, self._width // factor
                    whole.append(np.empty((*part.shape[:2], *sides), part.dtype))
                whole[number][:, :, *cells(tile, factor)] = part
        return whole

    def _cut(self, length: int, side: int) -> list[slice]:
        """A side of the canvas in parts of much the same length, at most ``side``."""
        cells, most = length // self._multiple, max(1, side // self._multiple)
        count = -(-cells // most)
        ends = [cells * part // count * self._multiple for part in range(count + 1)]
        return [slice(start, stop) for start, stop in pairwise(ends)]

    def _seen(self, tile: Window, reach: int) -> Window:
        rows, columns = (
            slice(max(0, part.start - reach), min(part.stop + reach, length))
            for part, length in zip(tile, (self._height, self._width), strict=True)
        )
        return rows, columns

    def _factor(self, x: Array) -> int:
        return self._height // int(x.shape[2])
