"""The walk: stages and sites in turn, from the photo to the painting.

At every site the statistics of the map are taken and set against the style's; the scale and shift
that follow go into the next stage. Nothing else passes between the content and the style.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.inference.engine import Engine
from styler.inference.padding import frame, window
from styler.inference.shares import Shares
from styler.models import Affine, ModelSpec, SiteSpec
from styler.styles import FeatureStats

__all__ = ["region_statistics", "style_statistics", "walk"]

Array = NDArray[np.float32]


def walk(
    engine: Engine,
    spec: ModelSpec,
    learned: dict[str, NDArray[Any]],
    picture: Array,
    styles: Sequence[Sequence[FeatureStats]],
    shares: Shares | None = None,
) -> Array:
    """Paint one picture.

    Args:
        engine: runs the stages.
        spec: the model.
        learned: weights and biases of sites with a target of their own.
        picture: ``(1, 3, H, W)`` in [0, 1].
        styles: target statistics of each style site, for each region.
        shares: the regions; by default one, of all the picture.

    Returns:
        ``(1, 3, H, W)``, not clipped.
    """
    shares = shares or Shares()
    height, width = picture.shape[2:]
    framed = frame(picture, spec.margin, spec.multiple)
    targets = [iter(style) for style in styles]
    x, *stack = engine.run(0, framed, None, ())
    for index, site in enumerate(spec.sites, start=1):
        factor = framed.shape[2] // x.shape[2]
        inside = window(spec.margin, height, width, factor)
        affines = [
            _affine(site, engine.statistics(x, inside, weights), learned, target)
            for weights, target in zip(shares.weights(factor), targets, strict=True)
        ]
        stage = spec.stages[index]
        kept = len(stack) - stage.takes
        x, *given = engine.run(index, x, shares.blend(affines, spec, factor), stack[kept:])
        stack = [*stack[:kept], *given]
    return engine.fetch(x, window(spec.margin, height, width, 1))


def _affine(
    site: SiteSpec,
    own: FeatureStats,
    learned: dict[str, NDArray[Any]],
    targets: Iterator[FeatureStats],
) -> Affine:
    if site.weight is not None and site.bias is not None:
        return site.affine(own, learned[site.bias], learned[site.weight])
    target = next(targets)
    return site.affine(own, target.mean, np.sqrt(target.variance + site.eps))


def style_statistics(
    engine: Engine, spec: ModelSpec, picture: Array, mask: Array | None = None
) -> list[FeatureStats]:
    """The statistics of a ``(1, 3, H, W)`` picture in [0, 1] at each style site."""
    (statistics,) = region_statistics(engine, spec, picture, Shares(mask=mask))
    return statistics


def region_statistics(
    engine: Engine, spec: ModelSpec, picture: Array, shares: Shares
) -> list[list[FeatureStats]]:
    """:func:`style_statistics` of every region of a picture."""
    height, width = picture.shape[2:]
    framed = frame(picture, spec.margin, spec.multiple)
    sites = []
    for x in engine.encode(framed):
        factor = framed.shape[2] // x.shape[2]
        inside = window(spec.margin, height, width, factor)
        sites.append([engine.statistics(x, inside, w) for w in shares.weights(factor)])
    return [list(region) for region in zip(*sites, strict=True)]
