"""Keeping a photo's own colours in its stylized version, in three ways.

All take and give (1, 3, H, W) float32 sRGB in [0, 1], work in bands of rows so that large
pictures need little memory beyond the result, and accumulate in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from styler.errors import ParameterError

from .luma import LUMA
from .palette import BAND, Palette, power, transformed

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Method = Literal["luminance", "coral", "histogram"]

_WHITE = 65535


def keep_colours(
    stylized: Floats,
    content: Floats,
    method: Method = "luminance",
    *,
    amount: float = 1.0,
    mask: Mask | None = None,
) -> Floats:
    """The stylized picture with the colours of the photo, by ``amount`` from 0 (none) to 1.

    ``result = (1 - amount) * stylized + amount * method(stylized, content)``, in [0, 1]; amount
    0 returns ``stylized`` itself. ``mask`` (H, W) says which pixels the statistics of CORAL and
    histogram are taken from; by default all, and all are changed in any case.

    Raises ``ParameterError`` for unknown methods, amounts outside [0, 1] and shapes that differ.
    """
    if method not in METHODS:
        raise ParameterError(f"unknown colour method {method!r}; use one of {', '.join(METHODS)}")
    if not 0 <= amount <= 1:
        raise ParameterError(f"amount of colour keeping is {amount}; use 0 to 1")
    if stylized.shape != content.shape or stylized.ndim != 4 or stylized.shape[:2] != (1, 3):
        raise ParameterError(
            f"stylized is {stylized.shape}, content {content.shape}; give two (1, 3, h, w)"
        )
    if mask is not None and mask.shape != stylized.shape[2:]:
        raise ParameterError(f"mask is {mask.shape}; give {stylized.shape[2:]}")
    if amount == 0:
        return stylized
    if mask is not None and not mask.any():
        mask = None
    kept = METHODS[method](stylized, content, mask)
    if amount < 1:
        kept *= np.float32(amount)
        for rows in _bands(kept):
            kept[:, :, rows] += np.float32(1 - amount) * stylized[:, :, rows]
    return np.clip(kept, 0, 1, out=kept)


def luminance(stylized: Floats, content: Floats, mask: Mask | None = None) -> Floats:
    """The brightness of the stylized picture with the chroma of the photo.

    ``content + Y(stylized) - Y(content)`` in every channel, Y = 0.299 R + 0.587 G + 0.114 B: the
    Y plane of YIQ exchanged, I and Q kept. ``mask`` is not used. Source: Gatys, Bethge, Hertzmann
    and Shechtman, "Preserving Color in Neural Artistic Style Transfer", arXiv:1606.05897,
    section 4 (luminance-only transfer).
    """
    out = np.empty_like(stylized)
    weights = LUMA.astype(np.float32)
    for rows in _bands(stylized):
        photo = content[0, :, rows]
        change = np.tensordot(weights, stylized[0, :, rows] - photo, 1)
        out[0, :, rows] = photo + change
    return out


def coral(stylized: Floats, content: Floats, mask: Mask | None = None) -> Floats:
    """The stylized picture, its colours moved to the photo's mean and covariance.

    ``A (x - mean_s) + mean_c`` with ``A = C_c^(1/2) C_s^(-1/2)``, C the 3x3 covariances plus 1e-5
    on the diagonal, roots symmetric. Source: Sun, Feng and Saenko, "Return of Frustratingly Easy
    Domain Adaptation" (CORAL), AAAI 2016, equation 5; as a colour transform also Gatys et al.,
    arXiv:1606.05897, section 3.
    """
    painted, photo = Palette.of(stylized, mask), Palette.of(content, mask)
    matrix = power(photo.covariance, 0.5) @ power(painted.covariance, -0.5)
    shift = photo.mean - matrix @ painted.mean
    out = np.empty_like(stylized)
    for rows in _bands(stylized):
        out[0, :, rows] = transformed(stylized[0, :, rows], matrix, shift)
    return out


def histogram(stylized: Floats, content: Floats, mask: Mask | None = None) -> Floats:
    """The stylized picture, each channel's histogram made that of the photo.

    ``Q_c(F_s(x))`` on values rounded to 16 bits: F_s the share of stylized values below x, half
    of those equal to it counted, Q_c the quantile of the photo's values. Source: Gonzalez and
    Woods, "Digital Image Processing", section 3.3 (histogram matching); quantiles interpolated
    between order statistics at (k - 1/2) / n (Hazen).
    """
    out = np.empty_like(stylized)
    for channel in range(3):
        source = _counts(stylized, channel, mask)
        target = np.cumsum(_counts(content, channel, mask))
        ranks = np.cumsum(source) - source / 2 - 0.5  # of each level, ties in their middle
        ranks = np.clip(ranks, 0, target[-1] - 1)
        below = np.searchsorted(target, np.floor(ranks), "right")
        above = np.searchsorted(target, np.ceil(ranks), "right")
        goals = (below + (above - below) * (ranks % 1)) / _WHITE
        table = goals.astype(np.float32)
        for rows in _bands(stylized):
            out[0, channel, rows] = table[_levels(stylized[0, channel, rows])]
    return out


METHODS: dict[str, Callable[[Floats, Floats, Mask | None], Floats]] = {
    "luminance": luminance,
    "coral": coral,
    "histogram": histogram,
}


def _bands(picture: Floats) -> Iterator[slice]:
    for row in range(0, picture.shape[2], BAND):
        yield slice(row, row + BAND)


def _levels(plane: Floats) -> NDArray[np.uint16]:
    levels = np.rint(np.clip(plane, 0, 1) * np.float32(_WHITE))
    return np.asarray(levels, np.uint16)


def _counts(picture: Floats, channel: int, mask: Mask | None) -> NDArray[np.int64]:
    """How many pixels have each 16-bit level."""
    counts = np.zeros(_WHITE + 1, np.int64)
    for rows in _bands(picture):
        levels = _levels(picture[0, channel, rows])
        used = levels.ravel() if mask is None else levels[mask[rows]]
        counts += np.bincount(used, minlength=_WHITE + 1)
    return counts
