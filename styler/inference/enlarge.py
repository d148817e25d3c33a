"""From the canvas to the photo's own size, with the photo's fine detail as the painting has it.

Where brightness in the painting follows the photo's, up or down, so does the detail that the canvas
was too small for: the slope of a local linear fit (guided filter, He, Sun & Tang 2010; on a small
picture and used on the large one, He & Sun 2015, arXiv 1505.00996).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.imaging import bands, release, stretch, to_float

from .slope import brightness, slope

__all__ = ["enlarge"]

Array = NDArray[np.float32]

STEEPEST = 1.0
"""Detail is not made stronger than the photo has it."""


def enlarge(painted: Array, canvas: Array, photo: NDArray[Any]) -> Iterator[tuple[slice, Array]]:
    """The painting at the photo's size, in strips of rows: ``(1, 3, rows, W)`` each.

    Its pixels do not depend on where strips begin and end.

    Args:
        painted: ``(1, 3, h, w)``.
        canvas: the photo at that size, ``(1, 3, h, w)`` in [0, 1].
        photo: ``(H, W, 3)`` uint8 or uint16, at least as large.
    """
    height, width = photo.shape[:2]
    if painted.shape[2:] == (height, width):
        for rows in bands(height, width):
            yield rows, painted[:, :, rows]
        return
    led, leader = brightness(painted), brightness(canvas)
    planes = np.concatenate([painted[0], leader, slope(led, leader, STEEPEST)])
    for rows in bands(height, width):
        detail = brightness(to_float(photo[rows]))
        strip = stretch(planes, (width, height), rows=rows)
        detail -= strip[3]
        detail *= strip[4]
        strip[:3] += detail
        yield rows, strip[None, :3]
        release(photo)
