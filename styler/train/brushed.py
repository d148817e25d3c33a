"""Photos with strokes on them, so that the network has met what is drawn on, not photos alone."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from styler.imaging import LUMA, blur, stretch

from .strokes import along, noise, tangents

__all__ = ["brushed"]

Array = NDArray[np.float32]

WIDTHS = 2.0, 5.5
"""Of strokes in pixels, from the narrowest to the widest."""

DRAWN = 1.75
"""Their width where they are drawn, on a picture reduced to it."""

LUMINANCE, COLOUR = 0.066, 0.104
"""The most that they deviate in brightness and in colour."""

UNIT = 0.111
"""Deviation of the noise once it is blurred and drawn out."""


def brushed(pictures: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """``(N, 3, H, W)`` pictures in [0, 1], a share of them with strokes, each with its own."""
    found = []
    for picture in torch.split(pictures, 1):
        drawn = rng.random() < share
        width = WIDTHS[0] * (WIDTHS[1] / WIDTHS[0]) ** rng.random()
        gains = rng.uniform(0, (LUMINANCE, COLOUR))
        boldness = float(rng.choice([0.0, 0.0, 0.0, 0.5, 1.0]))
        seed = int(rng.integers(2**16))
        if drawn:
            strokes = _draw(picture[0].cpu().numpy(), DRAWN / width, gains, boldness, seed)
            picture = torch.from_numpy(strokes[None]).to(pictures)
        found.append(picture)
    # In one layout, whichever of them were drawn on: another one would be compiled anew.
    return torch.cat(found).contiguous(memory_format=torch.channels_last)


def _draw(x: Array, scale: float, gains: NDArray[np.float64], boldness: float, seed: int) -> Array:
    """``(3, H, W)`` with strokes, which are drawn at that scale."""
    height, width = x.shape[1:]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    photo = stretch(x, size, smooth=False)
    luma, chroma = gains.astype(np.float32)
    grain = blur(noise(4, size[1], size[0], seed), 0.9) / np.float32(UNIT)
    drawn = along(np.concatenate([photo, grain]), tangents(photo))
    shape, strokes = drawn[:3], drawn[3:]
    colour = strokes[1:] - np.tensordot(LUMA.astype(np.float32), strokes[1:], 1)
    change = (luma * strokes[:1] + chroma * colour) * _room(photo, luma)
    y: Array = x + stretch(change, (width, height))
    if boldness:
        y += np.float32(boldness) * (stretch(shape, (width, height)) - x)
    return y


def _room(photo: Array, gain: np.float32) -> Array:
    """The room for strokes, ``(1, h, w)``: all where the photo is flat, less where it is busy."""
    luma = np.tensordot(LUMA.astype(np.float32), photo, 1)[None]
    own = blur(np.square(luma - blur(luma, 2.0)), 2.0)
    squared = np.square(gain)
    room: Array = np.sqrt(squared / (squared + own + np.float32(1e-8)))
    return room
