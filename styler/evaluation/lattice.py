"""The lattice that a painter leaves on smooth gradients, in levels of 255.

On a photo, detail hides it from a measure and from the eye; in a sky it is all there is to see.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .spectrum import PERIOD, amplitudes, on_lattice

__all__ = ["gradient", "lattice"]

SIDE = 256


def gradient(dtype: Any = np.uint8) -> NDArray[Any]:
    """A smooth picture, ``(256, 256, 3)`` uint8 or uint16: each colour rises and falls slowly.

    Slopes change from place to place, or rounding would leave steps at even distances, which are a
    lattice of their own.
    """
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    phases = x + 0.3 * y, y + 0.2 * x + 0.32, 0.8 * x - 0.7 * y + 0.64
    waves = 0.5 + 0.4 * np.cos(np.pi * np.stack(phases, 2))
    pixels: NDArray[Any] = np.rint(waves * np.iinfo(dtype).max).astype(dtype)
    return pixels


def lattice(painted: NDArray[Any]) -> float:
    """The amplitude of the strongest wave at a multiple of 1/8 cycle a pixel, beyond all near it.

    Each frequency has the largest amplitude around it taken off, so that strokes, which spread over
    all frequencies, count nothing.

    Args:
        painted: ``(H, W, 3)`` uint8 or uint16, sides of 32 at least; a painted :func:`gradient`.

    Returns:
        Levels of 255, of the colour that has most; 0 without a lattice.
    """
    height, width = (side - side % PERIOD for side in painted.shape[:2])
    levels = painted[:height, :width].astype(np.float64) * (255 / np.iinfo(painted.dtype).max)
    peaks, rings = on_lattice(amplitudes(torch.from_numpy(levels).permute(2, 0, 1)))
    return max(0.0, float((peaks - rings.amax(-1)).max()))
