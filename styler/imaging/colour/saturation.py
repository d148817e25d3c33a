"""Colours nearer to grey or farther from it, at the same brightness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .luma import LUMA

__all__ = ["saturated"]

Floats = NDArray[np.float32]


def saturated(picture: Floats, factor: float) -> Floats:
    """Every colour's distance from the grey of its luma, times a factor, ``(1, 3, H, W)``.

    The ``saturate()`` of W3C's Filter Effects, with the luma of BT.601.

    Args:
        picture: sRGB about [0, 1]; not clipped.
        factor: 0 is grey, 1 changes nothing.
    """
    if factor == 1:
        return picture
    grey = np.tensordot(LUMA.astype(np.float32), picture[0], 1)
    result: Floats = grey + np.float32(factor) * (picture - grey)
    return result
