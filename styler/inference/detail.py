"""Detail finer than the network draws, from the photo, as the painting has what is coarser.

A decoder that interpolates leaves contours soft. Where brightness in the painting follows the
photo's, up or down, its finest detail is made to follow, too: by the slopes of local linear fits
(guided filter, He, Sun & Tang 2010), of the whole and of the detail alone.
"""

import numpy as np
from numpy.typing import NDArray

from styler.imaging import LUMA, blur

__all__ = ["brightness", "detailed", "slope"]

Array = NDArray[np.float32]

FINE = 1.0
"""Deviation of the Gaussian blur that takes the detail away, in pixels."""

WINDOW = 2.0
"""Deviation of the Gaussian window of a fit, in pixels."""

NOISE = 1e-3
"""Variance of the photo's brightness below which it is taken for flat, and leads nothing."""

FAINT = 3e-5
"""The same of the photo's detail."""

GAIN = np.float32(2.2)
"""How much more the finest detail follows than the whole: crisp to the eye."""

MOST = 1.5
"""Multiple of the photo's detail that is never exceeded."""


def detailed(painted: Array, photo: Array, amount: float = 1.0) -> Array:
    """The painting with the photo's detail, ``(1, 3, H, W)``.

    Args:
        painted: ``(1, 3, H, W)``.
        photo: the same size, in [0, 1].
        amount: 0 adds none.
    """
    if not amount:
        return painted
    led, leader = (brightness(x) for x in (painted, photo))
    wanted = GAIN * slope(led, leader, MOST)
    fine = leader - blur(leader, FINE)
    # Only what is missing: a painting that is as sharp as it would become stays as it is.
    covariance = blur(fine * (led - blur(led, FINE)), WINDOW)
    found = covariance / (blur(fine * fine, WINDOW) + np.float32(FAINT))
    missing = np.sign(wanted) * np.maximum(np.abs(wanted) - np.sign(wanted) * found, 0)
    missing = np.clip(missing, -MOST, MOST) * np.float32(amount)
    result: Array = painted + (missing * fine)[None]
    return result


def brightness(x: Array) -> Array:
    """The luma of a ``(1, 3, H, W)`` picture, ``(1, H, W)``."""
    luma: Array = np.tensordot(LUMA.astype(np.float32), x[0], 1)[None]
    return luma


def slope(led: Array, leader: Array, most: float) -> Array:
    """How much ``(1, H, W)`` brightness follows another, place by place; within ``most``."""
    mean, mean_led = blur(leader, WINDOW), blur(led, WINDOW)
    variance = blur(leader * leader, WINDOW) - mean * mean
    covariance = blur(leader * led, WINDOW) - mean * mean_led
    ratio: Array = np.clip(covariance / (variance + np.float32(NOISE)), -most, most)
    return ratio
