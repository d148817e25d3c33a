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
    moments[range(3), range(3)] += FLAT
    slopes = np.empty((3, *guide.shape), np.float32)  # of each painted colour by the photo's
    for rows in bands(*guide.shape[1:]):
        covariance, cross = (
            np.moveaxis(part[:, :, rows], (0, 1), (2, 3))
            for part in (moments[:, :3], moments[:, 3:])
        )
        slopes[:, :, rows] = np.moveaxis(np.linalg.solve(covariance, cross), (2, 3), (1, 0))
    rest = mean[3:] - (slopes * mean[None, :3]).sum(1)
    found = blur(np.concatenate([slopes.reshape(9, *guide.shape[1:]), rest]), AROUND)

    def large(plane: int) -> Array:
        one: Array = spread(found[plane : plane + 1], REDUCED, (width, height))[0]
        return one

    nearer = np.empty_like(painted)
    for colour in range(3):  # a plane at a time: all twelve would be the peak of memory
        led = large(3 * colour) * photo[0]
        led += large(3 * colour + 1) * photo[1]
        led += large(3 * colour + 2) * photo[2]
        led += large(9 + colour)
        nearer[colour] = painted[colour] + SHARE * (led - painted[colour])
    return nearer
