"""Tones as paint has them: neither the white nor the black of a screen, and nothing clipped."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["pigment"]

KNEE = np.float32(0.15)
"""From black and from white: nearer to them, values go on more slowly."""


def pigment(values: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Values of any range brought into (0, 1), those between the knees left as they are.

    Args:
        values: of any shape.
        amount: in [0, 1]; 0 leaves all as they are.
    """
    if not amount:
        return values
    inside = np.clip(values, KNEE, 1 - KNEE)
    beyond = values - inside
    softer: NDArray[np.float32] = np.tanh(beyond / KNEE)
    softer *= KNEE
    softer -= beyond
    softer *= np.float32(amount)
    softer += values
    return softer
