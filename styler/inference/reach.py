"""How far the network sees: what a tile needs around it.

Asked of the network itself, as its engine runs it: a part of its maps is changed, and where its
output differs, by whatever it can tell apart, is what it sees from.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.errors import WeightsError
from styler.models import ModelSpec
from styler.styles import FeatureStats

from .adain import Affine, affine
from .engine import Engine
from .forward import forward

__all__ = ["reaches"]

Array = NDArray[Any]

SIDE = 256
"""Of the picture it is asked by, which tells of half as much."""


def reaches(engine: Engine, spec: ModelSpec) -> tuple[int, ...]:
    """Pixels beyond a tile that its own depend on, multiples of the model's: of the style encoder,
    then of each stage.

    Raises:
        WeightsError: the network sees too far for tiles.
    """
    picture = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)
    found: list[int] = []

    def run(stage: int, x: Array, own: Affine | None, aside: Sequence[Array]) -> list[Array]:
        def work(maps: Sequence[Array]) -> list[Array]:
            return _fetched(engine, engine.run(stage, maps[0], own, maps[1:]))

        maps, reach = _probed(work, [x, *aside], spec)
        found.append(reach)
        return maps

    def normalize(index: int, x: Array) -> Affine:
        site, own = spec.sites[index], FeatureStats.of(x[0])
        scale, shift = affine(site, own, np.zeros_like(own.mean), np.ones_like(own.mean))
        return Affine(scale[None], shift[None])

    _, encoder = _probed(lambda maps: _fetched(engine, engine.encode(maps[0])), [picture], spec)
    forward(run, [stage.takes for stage in spec.stages], picture, normalize)
    return encoder, *found


def _fetched(engine: Engine, maps: Sequence[Any]) -> list[Array]:
    return [engine.fetch(x, (slice(None), slice(None))) for x in maps]


def _probed(
    work: Callable[[Sequence[Array]], list[Array]], maps: Sequence[Array], spec: ModelSpec
) -> tuple[list[Array], int]:
    """What some work makes of maps, and how far it sees along rows and columns."""
    made, farthest = work(maps), 0
    for axis in (2, 3):
        for beyond in (False, True):
            changed = work([_changed(x, axis, beyond) for x in maps])
            for before, after in zip(made, changed, strict=True):
                differs = (before != after).any(axis=tuple({0, 1, 2, 3} - {axis}))
                half = len(differs) // 2
                near = differs[:half][::-1] if beyond else differs[half:]
                seen = int(np.flatnonzero(near).max(initial=-1)) + 1
                if seen == half:
                    raise WeightsError(
                        f"the network {spec.name!r} sees farther than {SIDE // 2} pixels and "
                        "cannot paint so large a canvas; make it smaller (canvas)"
                    )
                farthest = max(farthest, seen * SIDE // len(differs))
    return made, -(-farthest // spec.multiple) * spec.multiple


def _changed(x: Array, axis: int, beyond: bool) -> Array:
    """With one half turned about: the same values elsewhere."""
    x, half = x.copy(), x.shape[axis] // 2
    part = (slice(None),) * axis + (slice(half, None) if beyond else slice(half),)
    x[part] = x[part][..., ::-1, ::-1]
    return x
