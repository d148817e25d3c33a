"""How good a model is: distance to the style, distance to the photo, and the artefacts in between.

Pictures are (H, W, 3) uint8 sRGB at the outside, as everywhere. Distances are taken on the maps of
a VGG as it was trained, not normalized, so that figures compare with those of other programs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from time import perf_counter
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from styler.imaging import to_float
from styler.model import Vgg
from styler.norm.moments import moments
from styler.stylizer import Stylizer

__all__ = [
    "Scores",
    "border_change",
    "content_distance",
    "evaluate",
    "grid_energy",
    "noise_gain",
    "psnr",
    "shift_error",
    "ssim",
    "style_distance",
]

Pixels = NDArray[np.uint8]
LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True)
class Scores:
    """Means over the pairs of an evaluation.

    Attributes:
        strength: at which the pairs were painted.
        pairs: how many.
        style: distance of feature statistics to the painting's; 0 is equal.
        content: distance of feature structure to the photo's; 0 is equal, 2 unrelated.
        ssim: structural similarity of luma with the photo; 1 is equal.
        grid: energy at 1/8, 1/4 and 1/2 cycles a pixel, as a multiple of the photo's own.
        border: change within 16 pixels of the border over the change further inside.
        shift: change of the painting when the photo moves by a pixel, in levels of 255.
        noise: how much of a little noise in the photo arrives in the painting; 1 keeps it.
        identity: PSNR in dB of a photo painted in its own style.
        milliseconds: for one painting, the style known.
    """

    strength: float
    pairs: int
    style: float
    content: float
    ssim: float
    grid: float
    border: float
    shift: float
    noise: float
    identity: float
    milliseconds: float


def evaluate(
    stylizer: Stylizer,
    photos: Sequence[Pixels],
    paintings: Sequence[Pixels],
    judge: Vgg,
    *,
    strengths: Iterable[float] = (1.0,),
) -> list[Scores]:
    """Paint every photo in the style of every painting and measure.

    Args:
        stylizer: the model.
        photos: at least 32x32 each.
        paintings: taken at their own size.
        judge: a VGG as :func:`styler.model.load_vgg` returns it.
        strengths: one row of scores for each, the curve of style against content.

    Returns:
        Scores for each strength, in order.
    """
    styles = [stylizer.style(painting, size=None) for painting in paintings]
    wanted = [_statistics(judge, painting) for painting in paintings]
    structures = [_maps(judge, photo)[-1] for photo in photos]
    own = [
        psnr(stylizer.stylize(photo, stylizer.style(photo, size=None)), photo) for photo in photos
    ]
    rows = []
    for strength in strengths:
        found: list[dict[str, float]] = []
        for (photo, structure), (style, palette) in product(
            zip(photos, structures, strict=True), zip(styles, wanted, strict=True)
        ):

            def paint(pixels: Pixels, style: Any = style, strength: float = strength) -> Pixels:
                painted: Pixels = stylizer.stylize(pixels, style, strength=strength)
                return painted

            started = perf_counter()
            painted = paint(photo)
            elapsed = perf_counter() - started
            maps = _maps(judge, painted)
            found.append(
                {
                    "style": style_distance([moments(x) for x in maps], palette),
                    "content": content_distance(maps[-1], structure),
                    "ssim": ssim(painted, photo),
                    "grid": grid_energy(painted) / grid_energy(photo),
                    "border": border_change(photo, painted),
                    "shift": shift_error(paint, photo, painted),
                    "noise": noise_gain(paint, photo, painted),
                    "milliseconds": elapsed * 1000,
                }
            )
        means = {name: fmean(row[name] for row in found) for name in found[0]}
        rows.append(Scores(strength=strength, pairs=len(found), identity=fmean(own), **means))
    return rows


@torch.inference_mode()
def _maps(judge: Vgg, pixels: Pixels) -> list[Tensor]:
    maps: list[Tensor] = judge(torch.from_numpy(to_float(pixels)))
    return maps


def _statistics(judge: Vgg, pixels: Pixels) -> list[tuple[Tensor, Tensor]]:
    return [moments(x) for x in _maps(judge, pixels)]


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
    kernel = torch.outer(taps, taps)[None, None] / taps.sum() ** 2

    def blur(z: Tensor) -> Tensor:
        return F.conv2d(z, kernel)

    mean_x, mean_y = blur(x), blur(y)
    var_x, var_y = blur(x * x) - mean_x**2, blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    similarity = (2 * mean_x * mean_y + 0.01**2) * (2 * covariance + 0.03**2)
    similarity /= (mean_x**2 + mean_y**2 + 0.01**2) * (var_x + var_y + 0.03**2)
    return float(similarity.mean())


def grid_energy(pixels: Pixels) -> float:
    """How far the spectrum peaks where a decoder's grid shows: multiples of 1/8 cycle a pixel.

    The power at each of these frequencies over the mean power around it, averaged over them; a
    picture without a grid is near 1. A decoder working at 1/8, 1/4 and 1/2 resolution can leave a
    regular pattern only there.
    """
    luma = pixels @ LUMA
    height, width = (side - side % 8 for side in luma.shape)
    luma = luma[:height, :width]
    window = np.outer(np.hanning(height), np.hanning(width))
    power = np.abs(np.fft.fft2((luma - luma.mean()) * window)) ** 2
    ratios = []
    reach = range(-6, 7)
    around = [(i, j) for i in reach for j in reach if max(abs(i), abs(j)) > 2]
    for i, j in product(range(8), range(5)):
        if (i, j) == (0, 0):
            continue
        y, x = i * height // 8, j * width // 8
        beside = [power[(y + di) % height, (x + dj) % width] for di, dj in around]
        ratios.append(power[y, x] / max(float(np.mean(beside)), 1e-12))
    return float(np.mean(ratios))


def border_change(photo: Pixels, painted: Pixels, width: int = 16) -> float:
    """Mean change of pixels within ``width`` of the border over the mean change of the others."""
    change = np.abs(painted.astype(np.float64) - photo).mean(2)
    inside = change[width:-width, width:-width]
    outside = (change.sum() - inside.sum()) / (change.size - inside.size)
    return float(outside / max(float(inside.mean()), 1e-12))


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
