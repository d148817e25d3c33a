"""Brushwork: strokes of brightness and colour on the photo, for the network to paint from.

A network of convolutions has nothing to amplify in a clean sky. Strokes along the photo's contours
give it something, as much as the painting itself has in its quiet parts; the network makes the
painting's colours and texture of them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from styler.controls import Controls
from styler.imaging import LUMA, blur, resize_mask, stretch
from styler.styles import Brushwork

from .strokes import along, noise, tangents

__all__ = ["brush"]

Array = NDArray[np.float32]

SHORT_SIDE = 256
"""Of the picture on which strokes are drawn, at a stroke size of 1: they are some 3.5 pixels wide
on a photo whose short side is 512, and as large relative to any other."""

STRENGTH = Brushwork(1.1, 1.3)
"""Multiple of what the painting has that the network is given."""

MOST = Brushwork(0.06, 0.09)
"""Beyond this the subject drowns."""

UNIT = 0.111
"""Deviation of the noise once it is blurred and drawn out."""


def brush(
    x: Array,
    brushwork: Sequence[Brushwork],
    controls: Controls,
    masks: Array | None = None,
    *,
    seed: int = 0,
) -> Array:
    """A photo with brushwork, ``(1, 3, H, W)``.

    Args:
        x: the photo, ``(1, 3, H, W)`` in [0, 1].
        brushwork: of each region's style.
        controls: of which ``brushwork``, ``stroke_size`` and ``boldness`` count, and ``strength``,
            which fades all of it in.
        masks: ``(R, H, W)`` of sum 1, where each region is; ``None`` where there is one.
        seed: other strokes for another number.
    """
    amount = controls.brushwork * controls.strength
    boldness = controls.boldness * min(controls.strength, 1.0)
    if not amount and not boldness:
        return x
    height, width = x.shape[2:]
    scale = min(SHORT_SIDE / controls.stroke_size / min(height, width), 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    photo = stretch(x[0], size, smooth=False)
    luma, chroma = (
        _gain([getattr(one, name) * factor for one in brushwork], most, amount, masks, size)
        for name, factor, most in (
            ("luma", STRENGTH.luma, MOST.luma),
            ("chroma", STRENGTH.chroma, MOST.chroma),
        )
    )
    grain = blur(noise(4, size[1], size[0], seed), 0.9) / np.float32(UNIT)
    drawn = along(np.concatenate([photo, grain]), tangents(photo))
    shape, strokes = drawn[:3], drawn[3:]
    colour = strokes[1:] - np.tensordot(LUMA.astype(np.float32), strokes[1:], 1)
    change = (luma * strokes[:1] + chroma * colour) * _room(photo, luma)
    y: Array = x[0] + stretch(change, (width, height))
    if boldness:
        y += np.float32(boldness) * (stretch(shape, (width, height)) - x[0])
    return y[None]


def _gain(
    values: Sequence[float],
    most: float,
    amount: float,
    masks: Array | None,
    size: tuple[int, int],
) -> Array:
    """The deviation of strokes, ``(1, h, w)`` or one for all places."""
    gains = np.array([min(value, most) * amount for value in values], np.float32)
    if masks is None:
        return gains.reshape(1, 1, 1)
    parts = np.stack([resize_mask(mask, size) for mask in masks])
    return np.tensordot(gains, parts, 1)[None]


def _room(photo: Array, gain: Array) -> Array:
    """The room for strokes, ``(1, h, w)``: all where the photo is flat, less where it is busy."""
    luma = np.tensordot(LUMA.astype(np.float32), photo, 1)[None]
    own = blur(np.square(luma - blur(luma, 2.0)), 2.0)
    squared = np.square(gain)
    room: Array = np.sqrt(squared / (squared + own + np.float32(1e-8)))
    return room
