"""What is small gathered into patches of paint, as a painter leaves it out.

Kuwahara's filter ("Processing of RI-angiocardiographic images", 1976): each pixel takes the mean of
the calmest place near it, so that texture is gathered into patches and contours stay sharp. Here
places are weighed rather than chosen (Papari, Petkov & Campisi, "Artistic edge and corner
enhancing smoothing", 2007), and by how near their colour is to the pixel's own, too, as in a
bilateral filter: a thin line takes its colour from along it.
"""

import numpy as np
from numpy.typing import NDArray

from styler.imaging import bands, blur

__all__ = ["abstract"]

Array = NDArray[np.float32]

PLACES = (-2, 0), (-1, 1), (0, 2), (1, 1), (2, 0), (1, -1), (0, -2), (-1, -1)
"""Where they lie, in pixels down and across."""

WIDE = 0.8
"""Deviation of the Gaussian over each, in pixels."""

OWN = 0.5
"""That over the pixel itself."""

LIKE = np.float32(0.4)
"""What a squared difference of colours counts beside a variance of them."""

CALM = np.float32(1e-4)
"""Variance and difference up to which places are alike; weight falls by its fourth power."""

FAR = np.float32(1e9)
"""At most, as a multiple of that: its fourth power is a float32."""

AT_ONCE = 4
"""Parts of a band of rows that are worked on one after the other: they stay in cache."""

REACH = 5
"""Pixels around that one depends on."""


def abstract(picture: Array, amount: float) -> Array:
    """``(3, H, W)`` float32 planes, about [0, 1], by an ``amount`` in [0, 1] of it."""
    if not amount or not np.isfinite(picture).all():
        return picture  # rounding to pixels tells what is wrong
    height, width = picture.shape[1:]
    gathered = np.empty_like(picture)
    for rows in bands(height, AT_ONCE * width):
        around = slice(max(0, rows.start - REACH), rows.stop + REACH)
        inside = slice(rows.start - around.start, rows.stop - around.start)
        gathered[:, rows] = _gathered(picture[:, around])[:, inside]
    gathered -= picture
    gathered *= np.float32(amount)
    gathered += picture
    return gathered


def _gathered(planes: Array) -> Array:
    height, width = planes.shape[1:]
    mean = blur(planes, WIDE)
    own = np.ascontiguousarray(blur(planes, OWN))
    variance = (blur(np.square(planes), WIDE) - np.square(mean)).sum(0).clip(0) + CALM
    sides = (2, 2), (2, 2)
    means = np.pad(mean, ((0, 0), *sides), mode="symmetric")
    variances = np.pad(variance, sides, mode="symmetric")
    total, weights = np.zeros_like(planes), np.zeros((height, width), np.float32)
    apart = np.empty_like(planes)
    for down, across in PLACES:
        place = slice(2 + down, 2 + down + height), slice(2 + across, 2 + across + width)
        colour = means[:, *place]
        np.subtract(colour, own, out=apart)
        cost = np.einsum("chw,chw->hw", apart, apart)
        cost *= LIKE / CALM
        cost += variances[place] / CALM
        np.minimum(cost, FAR, out=cost)
        np.square(cost, out=cost)
        np.square(cost, out=cost)
        weight = np.reciprocal(cost, out=cost)
        total += np.multiply(weight, colour, out=apart)
        weights += weight
    total /= weights
    return total
