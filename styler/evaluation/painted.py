"""Whether a picture is painted, or a photo in other colours.

Distances over a whole picture let its busy parts pay for bare ones, and fine strokes for missing
broad ones. So here are its parts, its smaller sizes, and its brightness band by band.

Pictures are (H, W, 3) uint8 sRGB. What each measure says, which values are good, and what fools it
is in ``docs/evaluation.md``.
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from styler.imaging import LUMA, blur

from .metrics import Pixels

__all__ = [
    "Band",
    "bands",
    "correlation",
    "flat_areas",
    "flat_strength",
    "reduced",
    "tile_distances",
]

Band = NDArray[np.float32]

SIGMAS = (2, 4, 8, 16, 32)
"""Deviations of the Gaussians, in pixels, between which the bands lie."""

AROUND, FLAT = 6, 3.0
"""A place is flat where luma deviates by less than so many levels within a Gaussian of 6 pixels."""

LEAST = 0.1
"""The share of a photo that has to be flat for anything to be said of its flat areas."""


def reduced(picture: Tensor, factor: int) -> Tensor:
    """An ``(N, C, H, W)`` picture at 1/``factor`` of its size, bilinear with antialiasing."""
    if factor == 1:
        return picture
    return F.interpolate(picture, scale_factor=1 / factor, mode="bilinear", antialias=True)


def tile_distances(
    maps: Sequence[Tensor], target: Sequence[tuple[Tensor, Tensor]], tiles: int = 4
) -> Tensor:
    """The style distance of each part of a picture to the whole of another.

    Rows and columns of a map beyond a multiple of ``tiles`` are left out.

    Args:
        maps: ``(1, C, H, W)``, sides of ``tiles`` at least.
        target: mean and variance, ``(1, C)`` each, of every map.

    Returns:
        As :func:`~styler.evaluation.metrics.style_distance`, for each of tiles x tiles parts.
    """
    distances = []
    for x, (mean, variance) in zip(maps, target, strict=True):
        height, width = (side // tiles for side in x.shape[2:])
        whole = x[..., : height * tiles, : width * tiles]
        parts = whole.reshape(*x.shape[:2], tiles, height, tiles, width)
        own_variance, own_mean = torch.var_mean(parts, (3, 5), unbiased=False)
        wanted, spread = mean[..., None, None], variance.sqrt()[..., None, None]
        change = (own_mean - wanted) ** 2 + (own_variance.sqrt() - spread) ** 2
        distances.append((change.mean(1) / variance.mean()).flatten())
    return torch.stack(distances).mean(0)


def bands(pixels: Pixels) -> list[Band]:
    """Luma between Gaussians of 2, 4, 8, 16 and 32 pixels: four ``(H, W)`` maps in levels."""
    luma = (pixels @ LUMA).astype(np.float32)[None]
    blurred = [blur(luma, sigma)[0] for sigma in SIGMAS]
    return [fine - coarse for fine, coarse in pairwise(blurred)]


def flat_areas(photo: Pixels) -> NDArray[np.bool_] | None:
    """Where a photo is flat, ``(H, W)``; ``None`` where hardly any of it is."""
    luma = (photo @ LUMA).astype(np.float32)[None]
    energy = blur(np.square(luma - blur(luma, AROUND)), AROUND)[0]
    flat: NDArray[np.bool_] = energy < FLAT**2
    return flat if flat.mean() > LEAST else None


def flat_strength(
    painted: Sequence[Band], painting: Sequence[Band], flat: NDArray[np.bool_]
) -> float | None:
    """How strong strokes are in the flat areas, as a multiple of the painting's over all of it.

    The mean over the three finer bands; ``None`` where the painting's brightness has none.
    """
    spreads = [float(band.std()) for band in painting[:3]]
    if not all(spreads):
        return None
    found = [float(band[flat].std()) for band in painted[:3]]
    return fmean(a / b for a, b in zip(found, spreads, strict=True))


def correlation(a: Band, b: Band) -> float | None:
    """How alike two bands are, light for dark or not; ``None`` where one of them is even."""
    a, b = (band.astype(np.float64) - band.mean(dtype=np.float64) for band in (a, b))
    size = float(np.sqrt(np.mean(a * a) * np.mean(b * b)))
    return abs(float(np.mean(a * b))) / size if size else None
