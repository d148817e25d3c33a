"""What is measured of a painting: distances, similarities, and the artefacts in between.

Pictures are (H, W, 3) uint8 sRGB. What each measure says, and which values are good, is in
``docs/evaluation.md``.
"""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from styler.imaging import LUMA

from .spectrum import grid_peaks, on_lattice, spectrum

__all__ = [
    "Pixels",
    "border_change",
    "content_distance",
    "frame_error",
    "grid_energy",
    "local_grid_energy",
    "noise_gain",
    "psnr",
    "shift_error",
    "ssim",
    "style_distance",
]

Pixels = NDArray[np.uint8]


def style_distance(
    output: Sequence[tuple[Tensor, Tensor]], target: Sequence[tuple[Tensor, Tensor]]
) -> float:
    """Squared distance of channel means and deviations over the target's mean variance.

    The mean over the maps; 0 is equal.

    Args:
        output, target: mean and variance, ``(1, C)`` each, of every map.
    """
    return fmean(
        float(
            ((mean - wanted) ** 2 + (variance.sqrt() - spread.sqrt()) ** 2).mean() / spread.mean()
        )
        for (mean, variance), (wanted, spread) in zip(output, target, strict=True)
    )


def content_distance(output: Tensor, target: Tensor) -> float:
    """Mean squared difference of ``(1, C, H, W)`` maps, each channel at mean 0 and variance 1."""
    return float(F.mse_loss(F.instance_norm(output), F.instance_norm(target)))


def psnr(a: Pixels, b: Pixels) -> float:
    """Peak signal to noise ratio in dB; infinite for equal pictures."""
    error = float(np.mean((a.astype(np.float64) - b) ** 2))
    return float("inf") if error == 0 else 10 * float(np.log10(255**2 / error))


def ssim(a: Pixels, b: Pixels) -> float:
    """Structural similarity of luma (Wang et al. 2004): Gaussian window of 11 pixels, sigma 1.5."""
    x, y = (torch.from_numpy(p @ LUMA / 255)[None, None] for p in (a, b))
    taps = torch.exp(-((torch.arange(11, dtype=torch.float64) - 5) ** 2) / (2 * 1.5**2))
    taps /= taps.sum()

    def blur(z: Tensor) -> Tensor:
        return F.conv2d(F.conv2d(z, taps.view(1, 1, 1, 11)), taps.view(1, 1, 11, 1))

    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    similarity /= (mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2)
    return float(similarity.mean())


def grid_energy(pixels: Pixels) -> float:
    """How far the spectrum of luma peaks at multiples of 1/8 cycle a pixel.

    The power there over the power around (:func:`~styler.evaluation.spectrum.grid_peaks`), averaged
    over these frequencies: near 1 without a grid, and 0 for a picture of one colour.
    """
    peaks, around = grid_peaks(torch.from_numpy(pixels @ LUMA))
    return float((peaks / around.clamp_min(1e-12)).mean())


def local_grid_energy(pixels: Pixels, tile: int = 64) -> float:
    """How far the mean spectrum of small tiles peaks at multiples of 1/8 cycle a pixel.

    A grid whose sign or strength changes over the picture has no peak in the picture's spectrum,
    and one that nobody sees has: all pixels add up. So luma is cut into tiles that overlap by half,
    and their power averaged (Welch 1967). The power at each frequency is taken over the geometric
    mean of the power around it, which a steep spectrum, such as a blurred picture's, leaves alone.
    """
    luma = torch.from_numpy(pixels @ LUMA)
    tiles = luma.unfold(0, tile, tile // 2).unfold(1, tile, tile // 2).flatten(0, 1)
    peaks, rings = on_lattice(spectrum(tiles).mean(0))
    return float((peaks / rings.clamp_min(1e-12).log().mean(-1).exp()).mean())


def border_change(photo: Pixels, painted: Pixels, width: int = 16) -> float | None:
    """Mean change of pixels within ``width`` of the border over the mean change of the others.

    ``None`` where the others have not changed.
    """
    change = np.abs(painted.astype(np.float64) - photo).mean(2)
    inside = change[width:-width, width:-width]
    if not inside.any():
        return None
    outside = (change.sum() - inside.sum()) / (change.size - inside.size)
    return float(outside / inside.mean())


def frame_error(paint: Any, photo: Pixels, painted: Pixels, width: int = 16) -> float:
    """What a border changes in what is painted within ``width`` pixels of it, in levels of 255.

    The inner part of the photo is painted alone: its border lies where the whole photo went on.
    The mean difference near that border from what is there in the whole painting, less the mean
    difference further inside, where it comes from the statistics of another photo: about 0 where
    a border leaves no trace.
    """
    # By multiples of 8, which a network with strides of 2, 2 and 2 does not notice.
    margins = [min(64, (side - 3 * width) // 16 * 8) for side in photo.shape[:2]]
    inner = tuple(slice(m, side - m) for m, side in zip(margins, photo.shape, strict=False))
    alone = paint(np.ascontiguousarray(photo[inner])).astype(np.float64)
    change = np.abs(alone - painted[inner]).mean(2)
    inside = change[width:-width, width:-width]
    near = (change.sum() - inside.sum()) / (change.size - inside.size)
    return float(near - inside.mean())


def shift_error(paint: Any, photo: Pixels, painted: Pixels) -> float:
    """Difference, in levels of 255, of painting a moved photo and moving its painting."""
    moved = paint(photo[1:, 1:]).astype(np.float64)
    return float(np.abs(moved - painted[1:, 1:])[16:-16, 16:-16].mean())


def noise_gain(paint: Any, photo: Pixels, painted: Pixels, sigma: float = 4.0) -> float:
    """Deviation of the painting over the photo's, under Gaussian noise of ``sigma`` levels."""
    noise = np.random.default_rng(0).normal(0, sigma, photo.shape)
    noisy = np.clip(np.rint(photo + noise), 0, 255).astype(np.uint8)
    gain = np.std(paint(noisy).astype(np.float64) - painted) / np.std(
        noisy.astype(np.float64) - photo
    )
    return float(gain)
