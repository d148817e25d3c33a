"""Strokes that follow the lines of a photo: line integral convolution along its contours.

Noise drawn out along a field of directions looks like brushwork (Cabral & Leedom, "Imaging vector
fields using line integral convolution", SIGGRAPH 1993); the field is the tangent of the smoothed
structure tensor (Kyprianidis & Kang, "Image and video abstraction by coherence-enhancing
filtering", Eurographics 2011). All lengths are in pixels of the picture that is given: who wants
larger strokes gives a smaller picture.
"""

import numpy as np
from numpy.typing import NDArray

from styler.imaging import blur, pool, spread, stretch

__all__ = ["along", "noise", "tangents"]

Planes = NDArray[np.float32]

STEP = 1.75
"""From one place on a line to the next."""

DOUBLINGS, PASSES = 2, 2
"""A pass takes the mean of ``2**DOUBLINGS`` places each way; two passes make a triangular window
that reaches 14 pixels each way."""

SLANT, SWAY = -np.pi / 4, 0.5
"""Where a hand's strokes go by themselves, in radians, and how far they wander off."""

HABIT = np.float32(1e-4)
"""Squared gradient that a line must have to lead the hand away from that."""


def tangents(picture: Planes) -> Planes:
    """The direction of the lines at each pixel of ``(C, h, w)`` planes: ``(h, w, 2)``, x and y.

    The structure tensor is gathered over three widths, each counting far less than the one before:
    where a place has no direction of its own, that of its surroundings leads on, and far from all
    lines the hand's own slant. Without it, strokes ring every object on a plain ground.
    """
    smooth = np.pad(blur(picture, 0.8), ((0, 0), (1, 1), (1, 1)), mode="edge")
    dx = (smooth[:, 1:-1, 2:] - smooth[:, 1:-1, :-2]) / 2
    dy = (smooth[:, 2:, 1:-1] - smooth[:, :-2, 1:-1]) / 2
    tensor = np.stack([(dx * dx).sum(0), (dx * dy).sum(0), (dy * dy).sum(0)])
    coarse = pool(tensor, 4)
    wide = np.float32(0.15) * blur(coarse, 1.0) + np.float32(0.0225) * blur(coarse, 4.0)
    height, width = picture.shape[1:]
    xx, xy, yy = blur(tensor, 1.0) + spread(wide, 4, (width, height))
    twice = 2 * _slant(height, width)
    # The tensor of a line adds up as a vector of twice its angle.
    across = np.arctan2(2 * xy - HABIT * np.sin(twice), xx - yy - HABIT * np.cos(twice)) / 2
    return np.stack([-np.sin(across), np.cos(across)], -1).astype(np.float32)


def _slant(height: int, width: int) -> Planes:
    """The angle of strokes that follow nothing, ``(h, w)``: it turns slowly from place to place."""
    coarse = noise(1, -(-height // 32), -(-width // 32))
    wandering = blur(stretch(coarse, (width, height), smooth=False), 8.0)[0]
    angle: Planes = np.float32(SLANT) + np.float32(SWAY) * wandering
    return angle


def along(planes: Planes, direction: Planes) -> Planes:
    """``(C, h, w)`` planes, each pixel the mean over the line through it.

    A line has no sign, so each pixel has two ways to go, and a state is a pixel and a way. Where a
    state is after one step, after two, after four, is found by doubling: positions are exact, and
    rounded to pixels only to look up how it goes on from there.
    """
    channels, height, width = planes.shape
    count = height * width
    ways = np.concatenate([direction.reshape(count, 2), -direction.reshape(count, 2)])
    rows, columns = np.divmod(np.arange(count), width)
    home = np.tile(np.stack([columns, rows], 1).astype(np.float32), (2, 1))
    most = np.array([width - 1, height - 1], np.float32)
    moved, heading = np.float32(STEP) * ways, ways
    after = []
    for _ in range(DOUBLINGS):
        there = np.rint(np.clip(home + moved, 0, most)).astype(np.intp)
        pixel = there[:, 1] * width + there[:, 0]
        turned = np.einsum("sc,sc->s", ways[pixel], heading) < 0
        state = pixel + count * turned
        after.append(state)
        moved, heading = moved + moved[state], heading[state]
    values = planes.reshape(channels, count).T
    for _ in range(PASSES):
        ahead = np.concatenate([values, values])[after[0]]
        for state in after:
            ahead = ahead + ahead[state]
        values = (values + ahead[:count] + ahead[count:]) / np.float32(1 + 2 ** (DOUBLINGS + 1))
    return np.ascontiguousarray(values.T).reshape(planes.shape)


def noise(channels: int, height: int, width: int, seed: int = 0) -> Planes:
    """Uniform noise of mean 0 and deviation 1, ``(channels, height, width)``.

    A hash of the coordinates: a pixel's value depends on place and seed alone, on every machine.
    """
    row = np.arange(height, dtype=np.uint32)[None, :, None] * np.uint32(0x9E3779B1)
    column = np.arange(width, dtype=np.uint32)[None, None] * np.uint32(0x85EBCA77)
    number = np.arange(1, channels + 1, dtype=np.uint32) + np.uint32(channels * seed)
    channel = number[:, None, None] * np.uint32(0xC2B2AE3D)
    bits = row ^ column ^ channel
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):  # finalizer of a 32-bit hash
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    bits ^= bits >> np.uint32(16)
    uniform = bits.astype(np.float32) / np.float32(2**32) - np.float32(0.5)
    unit: Planes = uniform * np.float32(12**0.5)
    return unit
