"""Pictures moved along a flow: each pixel is taken from where it was."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["moved"]

Planes = NDArray[np.float32]

BAND = 32
"""Rows at a time: what they take stays in the processor's cache."""


def moved(planes: Planes, flow: Planes, *, smooth: bool = True) -> Planes:
    """``(C, h, w)`` planes, each pixel taken from its place plus the flow there.

    Args:
        planes: what to take from; beyond its edges they are repeated.
        flow: ``(2, h, w)``, x and y, in pixels.
        smooth: bicubic (Keys, a = -1/2), which may be repeated for many frames and loses little;
            or bilinear.
    """
    channels, height, width = planes.shape
    reach = 1 if smooth else 0
    padded = np.pad(planes, ((0, 0), (reach, reach + 1), (reach, reach + 1)), mode="edge")
    stride = width + 2 * reach + 1
    pixels = np.ascontiguousarray(padded.reshape(channels, -1).T)
    out = np.empty((height * width, channels), np.float32)
    columns = np.arange(width, dtype=np.float32)
    for top in range(0, height, BAND):
        part = flow[:, top : top + BAND]
        rows = np.arange(top, top + part.shape[1], dtype=np.float32)[:, None]
        x = np.clip(columns + part[0], 0, width - 1).ravel()
        y = np.clip(rows + part[1], 0, height - 1).ravel()
        left, above = np.floor(x), np.floor(y)
        across, down = _weights(x - left, smooth), _weights(y - above, smooth)
        first = above.astype(np.intp) * stride + left.astype(np.intp)
        total = np.zeros((len(first), channels), np.float32)
        for row, weight in enumerate(down):
            line = across[0][:, None] * pixels[first + row * stride]
            for column in range(1, len(across)):
                line += across[column][:, None] * pixels[first + (row * stride + column)]
            line *= weight[:, None]
            total += line
        out[top * width : top * width + len(total)] = total
    return np.ascontiguousarray(out.T).reshape(planes.shape)


def _weights(fraction: Planes, smooth: bool) -> list[Planes]:
    """Of the places before and behind, by how far one lies behind the first of them."""
    t = fraction
    if not smooth:
        return [1 - t, t]
    half = np.float32(0.5)
    return [
        ((-t + 2) * t - 1) * t * half,
        ((3 * t - 5) * t * t + 2) * half,
        ((-3 * t + 4) * t + 1) * t * half,
        (t - 1) * t * t * half,
    ]
