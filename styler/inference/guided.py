"""A painting with fewer halos: nearer to a local linear function of the photo's colours.

A network rings along strong edges and swirls where the photo is flat; a function of the photo's
colours can do neither. The guided filter with a coloured guide (He, Sun & Tang, ECCV 2010), its
coefficients found on a reduced picture (He & Sun, "Fast guided filter", arXiv 1505.00996).
"""

import numpy as np
from numpy.typing import NDArray

from styler.imaging import bands, blur, pool, spread

__all__ = ["guided"]

Array = NDArray[np.float32]

REDUCED = 4
"""Pixels along each side that become one."""

AROUND = 2.3
"""Deviation of the Gaussian over which colours are compared, in those."""

FLAT = np.float32(1e-3)
"""Variance of colour in the photo below which it says nothing of the painting's."""


AT_ONCE = 4
"""Parts of a band of rows that the large planes are made of at once: they stay in cache."""

SHARE = np.float32(0.6)
"""How far a painting goes to that function."""


def guided(painted: Array, photo: Array) -> Array:
    """``(3, H, W)`` of a painting, led by a photo of the same shape, both about [0, 1]."""
    height, width = photo.shape[1:]
    guide, wanted = pool(photo, REDUCED), pool(painted, REDUCED)
    both = np.concatenate([guide, wanted])
    products = (guide[:, None] * both[None]).reshape(-1, *guide.shape[1:])
    mean = blur(both, AROUND)
    moments = blur(products, AROUND).reshape(3, 6, *guide.shape[1:]) - mean[:3, None] * mean
    slopes = _solved(moments)
    rest = mean[3:] - (slopes * mean[:3, None]).sum(0)
    found = blur(np.concatenate([slopes.reshape(9, *guide.shape[1:]), rest]), AROUND)
    nearer = np.empty_like(painted)
    for rows in bands(height, AT_ONCE * width):
        large = spread(found, REDUCED, (width, height), rows=rows)
        led = large[9:]
        for colour in range(3):
            led += large[3 * colour : 3 * colour + 3] * photo[colour, rows]
        led -= painted[:, rows]
        led *= SHARE
        np.add(painted[:, rows], led, out=nearer[:, rows])
    return nearer


def _solved(moments: Array) -> Array:
    """Of ``(3, 6, h, w)`` covariances of the photo's colours among themselves and with those
    painted: ``(3, 3, h, w)``, the slope of each painted colour by each of the photo's."""
    for one in range(3):  # Gauss and Jordan's elimination, for all places at once
        moments[one, one] += FLAT
    for one in range(3):
        moments[one] /= moments[one, one].copy()
        for other in {0, 1, 2} - {one}:
            moments[other] -= moments[other, one].copy() * moments[one]
    return moments[:, 3:]
