"""What training minimizes: distances of the photo's structure and of the painting's statistics.

Maps are those of a normalized VGG (:meth:`styler.model.vgg.Vgg.normalize`).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from styler.lattice import grid_peaks
from styler.norm.moments import moments

__all__ = ["Statistics", "content_loss", "grid_loss", "statistics", "style_loss", "whiten"]

Statistics = list[tuple[Tensor, Tensor]]
"""Mean and standard deviation, ``(N, C)`` each, of every map."""

EPS = 1e-2
"""Added to variances, small beside a normalized network's: channels silent in a crop stay so."""

UNSEEN = 1e-4
"""Spectral power that counts as none: noise of one hundredth, 2.5 levels of 255."""


def statistics(maps: Sequence[Tensor]) -> Statistics:
    """The style statistics of a loss network's maps, differentiable."""
    return [(mean, (variance + EPS).sqrt()) for mean, variance in map(moments, maps)]


def whiten(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Each channel of each sample to mean 0 and deviation 1: structure without palette."""
    scale = 1 / std
    shift = -mean * scale
    return torch.addcmul(
        shift.to(x.dtype)[:, :, None, None], x, scale.to(x.dtype)[:, :, None, None]
    )


def content_loss(x: Tensor, statistics: tuple[Tensor, Tensor], target: Tensor) -> Tensor:
    """Mean squared difference of whitened maps (SANet, Park & Lee 2019): 0 equal, 2 unrelated.

    Whitening keeps content from pulling against the style's colours and contrast.
    """
    wide = torch.promote_types(x.dtype, torch.float32)
    return F.mse_loss(whiten(x, *statistics).to(wide), target.to(wide))


def style_loss(output: Statistics, target: Statistics) -> Tensor:
    """Distance of mean and deviation, over the style's mean variance, averaged over the maps; (N,).

    The AdaIN paper's loss (Huang & Belongie 2017, eq. 13), relative to how much the style's map
    varies, so that its size means the same in every layer and for every picture: 0 equal, about 1
    as far off as a picture without any texture. The mean activation of 1 is added to the variance:
    without it a blank sheet of paper would outweigh all paintings of a batch.
    """
    total = torch.zeros_like(output[0][0][:, 0])
    for (mean, std), (target_mean, target_std) in zip(output, target, strict=True):
        distance = ((mean - target_mean) ** 2 + (std - target_std) ** 2).mean(1)
        total = total + distance / (1 + (target_std**2).mean(1))
    return total / len(output)


def grid_loss(output: Tensor) -> Tensor:
    """Peaks of the spectrum at multiples of 1/8 cycle a pixel, in units of the power around them.

    A decoder's grid peaks there and a stroke does not (:func:`styler.lattice.grid_peaks`). The
    logarithm lets a picture with a strong grid weigh no more than many with a weak one, and the
    surroundings are taken as given: the way down is less grid, not more noise. Without a grid at
    most 0.6, the mean of ``log(1 + x)`` over the exponential distribution of noise.

    Args:
        output: ``(N, 3, H, W)``, sides of 32 at least.
    """
    peaks, around = grid_peaks(output)
    return torch.log1p(peaks / (around.detach() + UNSEEN)).mean()
