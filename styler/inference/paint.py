"""From a photo and its regions to the painting."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.controls import Controls
from styler.halt import checkpoint
from styler.imaging import Palette, bands, keep_colours, pigment, transformed, vivid
from styler.models import ModelSpec
from styler.progress import advance
from styler.styles import FeatureStats, Style

from .abstraction import abstract
from .adain import Affine, affine
from .brushwork import brush
from .encode import region_statistics
from .engine import Engine
from .forward import forward
from .guided import guided
from .padding import pad, padded, window
from .regions import Regions
from .steady import Steady

__all__ = ["decode", "paint"]

Array = NDArray[np.float32]
Moved = tuple[NDArray[np.float64], NDArray[np.float64]]
"""A matrix and a shift of colours."""
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
    painted = decode(engine, spec, learned, x, targets, regions, steady)
    painted = _coloured(painted, regions, controls, steady)
    checkpoint()
    painted = guided(painted[0], x[0])[None]
    painted = abstract(painted[0], controls.abstraction * min(controls.strength, 1.0))[None]
    brushwork = [style.brushwork for style in regions.styles]
    brushed = brush(painted, brushwork, controls, regions.masks)
    painted = steady.brushed(x, painted, brushed)
    painted = _vivid(painted, regions, controls, steady)
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
    around, _ = padded(height, width, spec.margin, spec.multiple)
    styles = [iter(target) for target in targets]

    def normalize(index: int, y: Any) -> Affine:
        checkpoint()
        advance("paint", (index + 1) / (len(spec.sites) + 1))
        site, factor = spec.sites[index], around // y.shape[2]
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

    takes = [stage.takes for stage in spec.stages]
    # No name for what enters the first stage: it is let go of when that is done.
    y = forward(engine.run, takes, pad(x, spec.margin, spec.multiple), normalize)
    return engine.fetch(y, window(spec.margin, height, width, 1))


def _coloured(painted: Array, regions: Regions, controls: Controls, steady: Steady) -> Array:
    """The colours of each region moved towards its style's palette."""
    amount = controls.palette * min(controls.strength, 1.0)
    if not amount:
        return painted

    def towards(style: Style, own: Palette) -> Moved:
        return own.towards(style.palette, amount)

    return _moved(painted, regions, steady, "palette", towards)


def _vivid(painted: Array, regions: Regions, controls: Controls, steady: Steady) -> Array:
    """As far from the mean brightness of each region, and from grey, as is wanted; in place."""
    fade = min(controls.strength, 1.0)
    contrast, saturation = (
        1 + (value - 1) * fade for value in (controls.contrast, controls.saturation)
    )
    if contrast != 1 or saturation != 1:

        def more(style: Style, own: Palette) -> Moved:
            return vivid(own.mean, contrast, saturation)

        painted = _moved(painted, regions, steady, "vivid", more)
    amount = min(controls.brushwork, 1.0) * fade
    for rows in bands(*painted.shape[2:]):
        painted[:, :, rows] = pigment(painted[:, :, rows], amount)
    return painted


def _moved(
    painted: Array,
    regions: Regions,
    steady: Steady,
    what: str,
    move: Callable[[Style, Palette], Moved],
) -> Array:
    """All colours of each region moved alike, by what they are; in place.

    Frames share what the colours are by the name of ``what`` is done to them.
    """
    maps = []
    for style, weights in zip(regions.styles, regions.weights(1), strict=True):
        own = Palette.of(painted, weights)
        if not np.isfinite(own.covariance).all():
            return painted  # rounding to pixels tells what is wrong
        matrix, shift = move(style, steady.statistics((what, style), own))
        maps.append((matrix, shift))
    for rows in bands(*painted.shape[2:]):
        moved = [transformed(painted[0, :, rows], matrix, shift) for matrix, shift in maps]
        if regions.masks is not None:
            moved = [part * mask[rows] for part, mask in zip(moved, regions.masks, strict=True)]
        painted[0, :, rows] = sum(moved)
    return painted


def _between(
    own: Sequence[FeatureStats], style: Sequence[FeatureStats], strength: float
) -> list[FeatureStats]:
    return [
        FeatureStats.mix(pair, (1 - strength, strength)) for pair in zip(own, style, strict=True)
    ]
