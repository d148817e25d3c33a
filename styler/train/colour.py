"""How colourful a picture is, and small changes of its colours."""

import math

import numpy as np
from PIL import Image
from torch import Tensor

__all__ = ["colourfulness", "jitter"]

LUMA = (0.299, 0.587, 0.114)


def colourfulness(picture: Image.Image) -> float:
    """The measure M3 of Hasler & Suesstrunk (2003): 0 grey, 33 average, 82 and more extreme."""
    red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), np.float64), 2, 0)
    opponents = (red - green, (red + green) / 2 - blue)
    spread = math.hypot(*(float(o.std()) for o in opponents))
    return spread + 0.3 * math.hypot(*(float(o.mean()) for o in opponents))


def jitter(x: Tensor, amount: float, rng: np.random.Generator) -> Tensor:
    """Saturation and gamma at random, by factors of up to ``exp(amount)`` and down to its inverse.

    Args:
        x: ``(3, H, W)`` in [0, 1].
        amount: 0 changes nothing.
        rng: two numbers are drawn.
    """
    saturation, gamma = (math.exp(f) for f in rng.uniform(-amount, amount, 2))
    grey = (x * x.new_tensor(LUMA)[:, None, None]).sum(0)
    return (grey + saturation * (x - grey)).clamp(0, 1).pow(gamma)
