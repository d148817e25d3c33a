"""From a photo and its regions to the painting."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.controls import Controls
from styler.halt import checkpoint
from styler.imaging import Palette, keep_colours, vivid
from styler.models import Affine, ModelSpec
from styler.styles import FeatureStats

from .adain import affine
from .brushwork import brush
from .encode import region_statistics
from .engine import Engine
from .forward import forward
from .padding import pad, window
from .regions import Regions
from .steady import Steady

__all__ = ["decode", "paint"]

Array = NDArray[np.float32]
Learned = dict[str, NDArray[Any]]
"""Weights and biases of sites with a target of their own, by name."""


def paint(
    engine: Engine,
    spec: ModelSpec,
    learned: Learned,
    x: Array,
    regions: Regions,
    controls: Controls,
    steady: Steady | None = None,
) -> Array | None:
    """The painting, ``(1, 3, H, W)`` about [0, 1]; ``None`` where nothing is to be painted.

    Args:
        engine: runs the stages.
        spec: the model.
        learned: what its sites have of their own.
        x: the photo, ``(1, 3, H, W)`` in [0, 1], at the size it is painted at.
        regions: with their styles.
        controls: how to paint.
        steady: what it takes from other frames of a moving picture.
    """
    steady = steady or Steady()
    only = regions.only
    if controls.strength == 0 or (only is not None and not only.any()):
        return None
    targets: list[Sequence[FeatureStats]] = [style.statistics for style in regions.styles]
    if controls.strength != 1:
        # Towards the photo's own style, as the style encoder sees it: that the decoder knows.
        own = [
            [steady.statistics(("encoder", style, site), part) for site, part in enumerate(parts)]
            for style, parts in zip(
                regions.styles, region_statistics(engine, spec, x, regions), strict=True
            )
        ]
        targets = [_between(*pair, controls.strength) for pair in zip(own, targets, strict=True)]
    strengths = [style.brushwork for style in regions.styles]

    def draw(seed: int, roll: tuple[int, int]) -> Array:
        # Noise lies by the places of an array: it moves beneath a picture that is rolled over it.
        back = -roll[0], -roll[1]
        masks = None if regions.masks is None else np.roll(regions.masks, back, (1, 2))
        drawn = brush(np.roll(x, back, (2, 3)), strengths, controls, masks, seed=seed)
        return np.roll(drawn, roll, (2, 3))

    brushed = steady.brushed(x, draw)
    painted = decode(engine, spec, learned, brushed, targets, regions, steady)
    painted = _coloured(painted, regions, controls, steady)
    if controls.keep_colours is not None:
        counted = [part > 0 for part in (regions.alpha, only) if part is not None]
        painted = keep_colours(
            painted,
            x,
            controls.keep_colours,
            amount=controls.keep_amount,
            mask=np.logical_and.reduce(counted) if counted else None,
        )
    return steady.painted(painted)


def decode(
    engine: Engine,
    spec: ModelSpec,
    learned: Learned,
    x: Array,
    targets: Sequence[Sequence[FeatureStats]],
    regions: Regions | None = None,
    steady: Steady | None = None,
) -> Array:
    """The network's output for a picture, ``(1, 3, H, W)``, not clipped.

    Args:
        engine, spec, learned: as in :func:`paint`.
        x: ``(1, 3, H, W)`` in [0, 1].
        targets: statistics of each style site, for each region.
        regions: by default one, of all the picture.
        steady: as in :func:`paint`.
    """
    regions, steady = regions or Regions(), steady or Steady()
    names = regions.styles or (None,)
    height, width = x.shape[2:]
    padded = pad(x, spec.margin, spec.multiple)
    styles = [iter(target) for target in targets]

    def normalize(index: int, y: Any) -> Affine:
        checkpoint()
        site, factor = spec.sites[index], padded.shape[2] // y.shape[2]
        inside = window(spec.margin, height, width, factor)
        affines = []
        for weights, style, region in zip(regions.weights(factor), styles, names, strict=True):
            own = steady.statistics(("site", region, index), engine.statistics(y, inside, weights))
            if site.weight is not None and site.bias is not None:
                mean, std = learned[site.bias], learned[site.weight]
            else:
                wanted = next(style)
                mean, std = wanted.mean, np.sqrt(wanted.variance + site.eps)
            affines.append(affine(site, own, mean, std))
        return regions.blend(affines, spec, factor)

    y = forward(engine.run, [stage.takes for stage in spec.stages], padded, normalize)
    return engine.fetch(y, window(spec.margin, height, width, 1))


def _coloured(painted: Array, regions: Regions, controls: Controls, steady: Steady) -> Array:
    """The colours of each region moved towards its style's palette, and as vivid as wanted."""
    fade = min(controls.strength, 1.0)
    amount, contrast, saturation = (
        controls.palette * fade,
        1 + (controls.contrast - 1) * fade,
        1 + (controls.saturation - 1) * fade,
    )
    if not amount and contrast == saturation == 1:
        return painted
    total = np.zeros_like(painted)
    for region, (style, weights) in enumerate(zip(regions.styles, regions.weights(1), strict=True)):
        own = Palette.of(painted, weights)
        if not np.isfinite(own.covariance).all():
            return painted  # rounding to pixels tells what is wrong
        own = steady.statistics(("palette", style), own)
        matrix, shift = own.towards(style.palette, amount)
        more, about = vivid(matrix @ own.mean + shift, contrast, saturation)
        matrix, shift = more @ matrix, more @ shift + about
        moved = np.tensordot(matrix.astype(np.float32), painted[0], 1)
        moved += shift.astype(np.float32)[:, None, None]
        total[0] += moved if regions.masks is None else moved * regions.masks[region]
    return total


def _between(
    own: Sequence[FeatureStats], style: Sequence[FeatureStats], strength: float
) -> list[FeatureStats]:
    return [
        FeatureStats.mix(pair, (1 - strength, strength)) for pair in zip(own, style, strict=True)
    ]
