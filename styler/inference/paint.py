"""From a photo and its regions to the painted photo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler import imaging
from styler.controls import Controls
from styler.imaging import Picture
from styler.inference.engine import Engine
from styler.inference.forward import region_statistics, walk
from styler.inference.inputs import visible
from styler.inference.regions import Regions
from styler.inference.shares import Shares
from styler.models import ModelSpec
from styler.styles import FeatureStats

__all__ = ["paint"]


def paint(
    engine: Engine,
    spec: ModelSpec,
    learned: dict[str, NDArray[Any]],
    picture: Picture,
    regions: Regions,
    controls: Controls,
) -> NDArray[Any]:
    """The painted pixels of a picture, ``(H, W, 3)`` of its dtype.

    Fully transparent pixels and those that no region covers are the picture's own.
    """
    cover = regions.cover
    if controls.strength == 0 or (cover is not None and not cover.any()):
        return picture.rgb.copy()
    pixels, mask = visible(picture)
    x = imaging.to_float(pixels)
    shares = Shares(regions.shares, mask)
    targets = [style.statistics for style in regions.styles]
    if controls.strength != 1:
        # Towards the photo's own style, as the style encoder sees it: that the decoder knows.
        own = region_statistics(engine, spec, x, shares)
        targets = [_between(*pair, controls.strength) for pair in zip(own, targets, strict=True)]
    painted = walk(engine, spec, learned, x, targets, shares)
    if controls.keep_colours is not None:
        counted = [part > 0 for part in (mask, cover) if part is not None]
        painted = imaging.keep_colours(
            painted,
            x,
            controls.keep_colours,
            amount=controls.keep_amount,
            mask=np.logical_and.reduce(counted) if counted else None,
        )
    if cover is not None:
        painted = painted * cover + x * (1 - cover)
    finished: NDArray[Any] = (
        imaging.to_uint8(painted) if picture.bits == 8 else imaging.to_uint16(painted)
    )
    if picture.alpha is not None:
        hidden = picture.alpha == 0
        finished[hidden] = picture.rgb[hidden]
    return finished


def _between(
    own: list[FeatureStats], style: tuple[FeatureStats, ...], strength: float
) -> tuple[FeatureStats, ...]:
    return tuple(
        FeatureStats.mix(pair, (1 - strength, strength)) for pair in zip(own, style, strict=True)
    )
