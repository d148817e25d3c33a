"""How colourful a picture is, and small changes of its colours."""

import math

import numpy as np
from PIL import Image
from torch import Tensor

from styler.imaging import LUMA

__all__ = ["colourfulness", "jitter"]


def colourfulness(picture: Image.Image) -> float:
    """The measure M3 of Hasler & Suesstrunk (2003): 0 grey, 33 average, 82 and more extreme."""
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), np.float64), 2, 0)
    opponents = (red - green, (red + green) / 2 - blue)
    spread = math.hypot(*(float(o.std()) for o in opponents))
    return spread + 0.3 * math.hypot(*(float(o.mean()) for o in opponents))


def jitter(x: Tensor, saturation: Tensor, gamma: Tensor) -> Tensor:
    """Each picture with another saturation and gamma.

    Args:
        x: ``(N, 3, H, W)`` in [0, 1].
        saturation, gamma: ``(N,)`` factors; 1 changes nothing.
    """
    red, green, blue = LUMA.tolist()
    grey: Tensor = (red * x[:, 0] + green * x[:, 1] + blue * x[:, 2])[:, None]
    varied: Tensor = grey + saturation[:, None, None, None] * (x - grey)
    return varied.clamp(0, 1).pow(gamma[:, None, None, None])
