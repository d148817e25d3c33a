"""From the network's floats to 8- or 16-bit pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.errors import ParameterError, StylerError


def to_uint8(x: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """(1, C, H, W) floats to (H, W, C) uint8, clipped to [0, 1] and rounded to nearest.

    Raises ``StylerError`` where a value is not a number or infinite.
    """
    return _quantize(x, np.uint8)


def to_uint16(x: NDArray[np.floating[Any]]) -> NDArray[np.uint16]:
    """(1, C, H, W) floats to (H, W, C) uint16: :func:`to_uint8` for 16-bit PNG and TIFF."""
    return _quantize(x, np.uint16)


def _quantize(x: NDArray[np.floating[Any]], dtype: type[np.unsignedinteger[Any]]) -> NDArray[Any]:
    if x.ndim != 4 or x.shape[0] != 1 or not np.issubdtype(x.dtype, np.floating):
        raise ParameterError(f"array is {x.dtype} {x.shape}; give floats (1, channels, h, w)")
    white = np.iinfo(dtype).max
    out = np.empty((*x.shape[2:], x.shape[1]), dtype)
    for channel in range(x.shape[1]):  # one plane at a time: a third of the working memory
        plane = x[0, channel].astype(np.float32)
        if not np.isfinite(plane).all():
            raise StylerError(
                "the network returned values that are not numbers; "
                "check the weights with `styler info`"
            )
        np.clip(plane, 0, 1, out=plane)
        plane *= np.float32(white)
        out[..., channel] = np.rint(plane, out=plane)
    return out
