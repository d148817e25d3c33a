"""The walk: stages and sites in turn, from the photo to the painting.

At every site the statistics of the map are taken and set against the style's; the scale and shift
that follow go into the next stage. Nothing else passes between the content and the style.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.engine import Engine
from styler.engine.protocol import Window
from styler.spec import Affine, ModelSpec, SiteSpec
from styler.stats import FeatureStats

__all__ = ["frame", "style_statistics", "walk", "window"]

Array = NDArray[np.float32]


def walk(
    engine: Engine,
    spec: ModelSpec,
    learned: dict[str, NDArray[Any]],
    picture: Array,
    style: Sequence[FeatureStats],
    mask: Array | None = None,
) -> Array:
    """Paint one picture.

    Args:
        engine: runs the stages.
        spec: the model.
        learned: weights and biases of sites with a target of their own.
        picture: ``(1, 3, H, W)`` in [0, 1].
        style: target statistics of each style site.
        mask: ``(H, W)`` weights in [0, 1] of the pixels that enter the photo's statistics.

    Returns:
        ``(1, 3, H, W)``, not clipped.
    """
    height, width = picture.shape[2:]
    framed = frame(picture, spec.margin, spec.multiple)
    targets = iter(style)
    x, *stack = engine.run(0, framed, None, ())
    for index, site in enumerate(spec.sites, start=1):
        factor = framed.shape[2] // x.shape[2]
        inside = window(spec.margin, height, width, factor)
        own = engine.statistics(x, inside, None if mask is None else _reduce(mask, factor))
        affine = _affine(site, own, learned, targets)
        stage = spec.stages[index]
        kept = len(stack) - stage.takes
        x, *given = engine.run(index, x, affine, stack[kept:])
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
    height, width = picture.shape[2:]
    framed = frame(picture, spec.margin, spec.multiple)
    statistics = []
    for x in engine.encode(framed):
        factor = framed.shape[2] // x.shape[2]
        weights = None if mask is None else _reduce(mask, factor)
        statistics.append(engine.statistics(x, window(spec.margin, height, width, factor), weights))
    return statistics


def frame(picture: Array, margin: int, multiple: int) -> Array:
    """Reflect ``margin`` pixels around a picture, at right and bottom on to a full ``multiple``.

    Pictures smaller than the margin are reflected again and again.
    """
    height, width = picture.shape[2:]
    rows = (margin, margin + -height % multiple)
    columns = (margin, margin + -width % multiple)
    return np.pad(picture, ((0, 0), (0, 0), rows, columns), mode="reflect")


def window(margin: int, height: int, width: int, factor: int) -> Window:
    """The part of a map at 1 / ``factor`` resolution that is the picture's, without the margin."""
    top = margin // factor
    return slice(top, top - (-height // factor)), slice(top, top - (-width // factor))


def _reduce(mask: Array, factor: int) -> Array:
    """The mean weight in each cell of ``factor`` x ``factor`` pixels, cut off at the edge."""
    if factor == 1:
        return mask
    starts = [np.arange(0, side, factor) for side in mask.shape]
    totals = np.add.reduceat(np.add.reduceat(mask, starts[0], 0), starts[1], 1)
    sizes = [
        np.diff(np.append(start, side)) for start, side in zip(starts, mask.shape, strict=True)
    ]
    cells: Array = (totals / np.outer(*sizes)).astype(np.float32)
    return cells
