"""The style encoder: a picture's own statistics at each style site."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.models import ModelSpec
from styler.styles import FeatureStats

from .engine import Engine
from .padding import pad, window
from .regions import Regions

__all__ = ["region_statistics", "style_statistics"]


def style_statistics(
    engine: Engine, spec: ModelSpec, picture: NDArray[Any], alpha: NDArray[Any] | None = None
) -> list[FeatureStats]:
    """The statistics of a picture at each style site.

    Args:
        engine: runs the encoder.
        spec: the model.
        picture: ``(1, 3, H, W)`` float32 in [0, 1].
        alpha: ``(H, W)`` in [0, 1], how much each pixel counts; ``None`` counts all alike.
    """
    (statistics,) = region_statistics(engine, spec, picture, Regions(alpha=alpha))
    return statistics


def region_statistics(
    engine: Engine, spec: ModelSpec, picture: NDArray[np.float32], regions: Regions
) -> list[list[FeatureStats]]:
    """:func:`style_statistics` of every region of a picture."""
    height, width = picture.shape[2:]
    padded = pad(picture, spec.margin, spec.multiple)
    sites = []
    for x in engine.encode(padded):
        factor = padded.shape[2] // x.shape[2]
        inside = window(spec.margin, height, width, factor)
        sites.append([engine.statistics(x, inside, w) for w in regions.weights(factor)])
    return [list(region) for region in zip(*sites, strict=True)]
