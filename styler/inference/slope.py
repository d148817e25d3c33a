"""How much the painting's brightness follows the photo's, up or down, place by place.

The slope of local linear fits (guided filter, He, Sun & Tang 2010).
"""

import numpy as np
from numpy.typing import NDArray

from styler.imaging import LUMA, blur

__all__ = ["brightness", "slope"]

Array = NDArray[np.float32]

WINDOW = 2.0
"""Deviation of the Gaussian window of a fit, in pixels."""

NOISE = 1e-3
"""Variance of the photo's brightness below which it is taken for flat, and leads nothing."""


def brightness(x: Array) -> Array:
    """The luma of a ``(1, 3, H, W)`` picture, ``(1, H, W)``."""
    red, green, blue = LUMA.astype(np.float32)
    # Not a product of matrices, which rounds as the number of pixels has it.
    luma: Array = red * x[:, 0] + green * x[:, 1] + blue * x[:, 2]
    return luma


def slope(led: Array, leader: Array, most: float) -> Array:
    """How much ``(1, H, W)`` brightness follows another, place by place; within ``most``."""
    mean, mean_led = blur(leader, WINDOW), blur(led, WINDOW)
    variance = blur(leader * leader, WINDOW) - mean * mean
    covariance = blur(leader * led, WINDOW) - mean * mean_led
    ratio: Array = np.clip(covariance / (variance + np.float32(NOISE)), -most, most)
    return ratio
