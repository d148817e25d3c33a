"""Brushwork: what a painting's hand has left on it, on the picture that the network has painted.

A network of convolutions has the painting's colours and the photo's lines, but has nothing to
amplify in a clean sky. The strokes are the painting's own.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from styler.controls import Controls
from styler.imaging import bands, stretch, to_float
from styler.styles import Brushwork, Exemplar

from .transfer import Example, Subject, transfer

__all__ = ["brush"]

Array = NDArray[np.float32]

SHORT_SIDE = 512
"""At most, of the picture that strokes are laid on, and of the painting they are taken from."""

SMALLEST = 16
"""Short side of a painting that strokes are taken from, in pixels, at least."""


def brush(
    painted: Array,
    brushwork: Sequence[Brushwork],
    controls: Controls,
    masks: Array | None = None,
) -> Array:
    """A picture with brushwork, ``(1, 3, H, W)``.

    Args:
        painted: by the network, ``(1, 3, H, W)`` about [0, 1].
        brushwork: of each region's style.
        controls: of which ``brushwork``, ``stroke_size``, ``boldness`` and ``abstraction`` count,
            and ``strength``, which fades all of it in.
        masks: ``(R, H, W)`` of sum 1, where each region is; ``None`` where there is one.
    """
    amount = controls.brushwork * min(controls.strength, 1.0)
    if not amount or not np.isfinite(painted).all():
        return painted  # rounding to pixels tells what is wrong
    height, width = painted.shape[2:]
    short = min(height, width)
    side = min(short, SHORT_SIDE, SHORT_SIDE / controls.stroke_size)
    scale = side / short
    size = max(1, round(width * scale)), max(1, round(height * scale))
    taken = max(SMALLEST, round(side * controls.stroke_size))
    kinds = [
        [
            (example, w)
            for part, w in one.exemplars
            if (example := _example(part, taken)) is not None
        ]
        for one in brushwork
    ]
    subject = Subject.of(painted[0] if scale == 1 else stretch(painted[0], size, smooth=False))
    changes = [
        transfer(subject, examples, controls.boldness, controls.abstraction) if examples else None
        for examples in kinds
    ]
    brushed = painted.copy()
    for rows in bands(height, width):
        for number, change in enumerate(changes):
            if change is None:
                continue
            whole = scale == 1
            band = change[:, rows] if whole else stretch(change, (width, height), rows=rows)
            share = np.float32(amount) * (1 if masks is None else masks[number, rows])
            brushed[0, :, rows] += share * band
    return brushed


@lru_cache(maxsize=4)
def _example(exemplar: Exemplar, short: int) -> Example | None:
    pixels = exemplar.pixels()
    planes = to_float(pixels[..., :3])[0]
    alpha = to_float(pixels[..., 3:])[0] if pixels.shape[2] == 4 else None
    height, width = pixels.shape[:2]
    scale = short / min(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size != (width, height):
        planes = stretch(planes, size, smooth=False)
        alpha = None if alpha is None else stretch(alpha, size, smooth=False)
    return Example.of(planes, alpha)
