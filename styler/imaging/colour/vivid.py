"""Lights and darks farther apart, colours farther from grey: one linear map of all colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .luma import LUMA

__all__ = ["vivid"]

Array = NDArray[np.float64]


def vivid(mean: Array, contrast: float, saturation: float) -> tuple[Array, Array]:
    """Matrix and shift that scale brightness about a colour's, and the distance from grey.

    The ``contrast()`` and ``saturate()`` of W3C's Filter Effects, with the luma of BT.601 and
    about a mean instead of middle grey: a dark picture stays dark.

    Args:
        mean: ``(3,)``, the colour whose brightness stays.
        contrast: of brightness; 0 leaves that of the mean alone, 1 changes nothing.
        saturation: of colours; 0 is grey, 1 changes nothing.

    Returns:
        ``(3, 3)`` and ``(3,)``: ``matrix @ colour + shift``.
    """
    grey = np.outer(np.ones(3), LUMA)
    matrix = contrast * grey + saturation * (np.eye(3) - grey)
    return matrix, np.full(3, (1 - contrast) * (LUMA @ mean))
