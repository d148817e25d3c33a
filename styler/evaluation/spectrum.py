"""How far a picture's spectrum peaks where a decoder leaves its grid.

A decoder that works at 1/8, 1/4 and 1/2 resolution can leave a regular pattern only at multiples of
1/8 cycle a pixel; strokes spread over all frequencies. So the power at those frequencies over the
power around them tells a grid from a texture.
"""

from functools import lru_cache
from itertools import product

import torch
from torch import Tensor

__all__ = ["PERIOD", "amplitudes", "grid_peaks", "on_lattice", "spectrum"]

PERIOD = 8
REACH, NEAR = 6, 2
"""The surroundings of a frequency: bins up to ``REACH`` away but farther than ``NEAR``, which the
window's own width takes."""


def spectrum(x: Tensor) -> Tensor:
    """Spectral power under a Hann window, in units of variance.

    White noise of deviation s has power s squared everywhere.

    Args:
        x: ``(..., H, W)``; its mean is taken off.

    Returns:
        ``(..., H, W)``, frequency 0 first.
    """
    window = _window(x)
    waves: Tensor = torch.fft.fft2((x - x.mean((-2, -1), keepdim=True)) * window)
    power: Tensor = (waves.real.square() + waves.imag.square()) / window.square().sum()
    return power


def amplitudes(x: Tensor) -> Tensor:
    """The amplitude of the wave at each frequency, in units of `x`.

    A wave is at two places, its frequency and the negative one; at 1/2 cycle, where these are the
    same, all of it is at one.

    Args:
        x: ``(..., H, W)``, even sides.

    Returns:
        ``(..., H, W)``, frequency 0 first.
    """
    window = _window(x)
    halves = (spectrum(x) * window.square().sum()).sqrt() / window.sum()
    height, width = x.shape[-2:]
    waves = 2 * halves
    waves[..., :: height // 2, :: width // 2] /= 2
    return waves


def _window(x: Tensor) -> Tensor:
    rows, columns = (
        torch.hann_window(side, periodic=False, dtype=x.dtype, device=x.device)
        for side in x.shape[-2:]
    )
    return torch.outer(rows, columns)


def on_lattice(power: Tensor) -> tuple[Tensor, Tensor]:
    """What a spectrum has at the multiples of 1/8 cycle a pixel, and around each.

    Frequency 0 and those that a real picture's symmetry repeats are left out.

    Args:
        power: ``(..., H, W)``, sides multiples of 8.

    Returns:
        ``(..., 39)`` and ``(..., 39, 144)``.
    """
    peaks, rings = _places(*power.shape[-2:], power.device)
    power = power.flatten(-2)
    return power[..., peaks], power[..., rings]


@lru_cache(maxsize=4)
def _places(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Where they are in a flattened spectrum, ``(39,)`` and ``(39, 144)``; computed once."""
    around = range(-REACH, REACH + 1)
    ring = [(i, j) for i, j in product(around, around) if max(abs(i), abs(j)) > NEAR]
    lattice = [
        (i * height // PERIOD, j * width // PERIOD)
        for i, j in product(range(PERIOD), range(PERIOD // 2 + 1))
        if (i, j) != (0, 0)
    ]
    peaks = torch.tensor([y * width + x for y, x in lattice], device=device)
    rings = torch.tensor(
        [
            [(y + i) % height * width + (x + j) % width for i, j in ring]
            for y, x in lattice
        ],
        device=device,
    )  # fmt: skip
    return peaks, rings


def grid_peaks(x: Tensor) -> tuple[Tensor, Tensor]:
    """Spectral power at the multiples of 1/8 cycle a pixel, and the mean power around each.

    Args:
        x: ``(..., H, W)``, sides of 32 at least; rows and columns beyond a multiple of 8 are left
            out.

    Returns:
        Peaks and surroundings, ``(..., 39)`` each. Without a grid their ratio is about 1.
    """
    height, width = (side - side % PERIOD for side in x.shape[-2:])
    peaks, rings = on_lattice(spectrum(x[..., :height, :width]))
    return peaks, rings.mean(-1)
