"""What training minimizes: distances of the photo's structure and of the painting's statistics.

Maps are those of a normalized VGG (:meth:`styler.network.vgg.Vgg.normalize`).
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from styler.evaluation.spectrum import grid_peaks
from styler.norm.moments import moments

from .machine import to_device

__all__ = [
    "Statistics",
    "coherence_loss",
    "content_loss",
    "contrast_loss",
    "grid_loss",
    "imitation_loss",
    "quantile_loss",
    "shift_loss",
    "statistics",
    "style_distances",
    "whiten",
]

Statistics = list[tuple[Tensor, Tensor]]
"""Mean and standard deviation, ``(N, C)`` each, of every map."""

EPS = 1e-2
"""Added to variances, small beside a normalized network's: channels silent in a crop stay so."""

FLAT = 0.3
"""Variance of a map that counts as little, where the mean activation is 1."""

FAINT = 4 / 255
"""Contrast that counts as little: where there is less, differences are hardly seen either."""

UNSEEN = (1 / 255) ** 2 / 12
"""Spectral power that counts as none: the noise of rounding to 8 bits."""


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


def style_distances(output: Statistics, target: Statistics, weights: Sequence[Tensor]) -> Tensor:
    """Distance of mean and deviation, over the style's mean variance, averaged over the maps.

    The AdaIN paper's loss (Huang & Belongie 2017, eq. 13), relative to how much the style's map
    varies, so that its size means the same in every layer and for every picture: 0 equal, about 1
    as far off as a picture without any texture. ``FLAT`` is added to the variance: without it a
    blank sheet of paper would outweigh all paintings of a batch.

    Args:
        output, target: of N and of M pictures.
        weights: of the channels of every map, ``(C,)`` of mean 1.

    Returns:
        ``(N, M)``, from every output to every target; the style loss is the diagonal's mean.
    """
    distances = []
    for (mean, std), (target_mean, target_std), weight in zip(output, target, weights, strict=True):
        distance = _squared(mean, target_mean, weight) + _squared(std, target_std, weight)
        distances.append(distance / (FLAT + (target_std**2 * weight).mean(1)))
    return torch.stack(distances).mean(0)


def _squared(x: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean squared differences of every row of ``x`` to every row of ``y``."""
    return ((x[:, None] - y).square() * weight).mean(2)


def quantile_loss(output: Sequence[Tensor], target: Sequence[Tensor]) -> Tensor:
    """Distance of whole distributions, not of their two first moments alone.

    Exact feature distribution matching (EFDM, Zhang et al. 2022, arXiv 2203.07740) with sorted
    activations averaged in parts, which lets crops of different sizes meet. On the scale of
    :func:`style_distances`, averaged over maps and pictures.

    Args:
        output, target: ``(N, C, Q)`` quantiles for each map.
    """
    distances = []
    for found, wanted in zip(output, target, strict=True):
        variance = wanted.var(2, correction=0).mean(1)
        distance = (found - wanted).square().mean((1, 2)) / (1 + variance)
        distances.append(distance.mean())
    return torch.stack(distances).mean()


def contrast_loss(distances: Tensor, own: Tensor, temperature: float = 0.1) -> Tensor:
    """A painting should be nearer to its own style than to the other ones of the batch.

    Cross entropy over :func:`style_distances` as logits (the contrastive loss of Chen et al. 2021,
    IEContraAST): negatives are the same painting held against other styles, so nothing but style
    tells them apart.

    Args:
        distances: ``(N, M)``.
        own: ``(N,)``, which of the M styles each painting was given.
        temperature: distance that matters.
    """
    return F.cross_entropy(-distances / temperature, own)


def coherence_loss(
    x: Tensor, target: Tensor, rng: np.random.Generator, *, anchors: int = 64, tau: float = 0.07
) -> Tensor:
    """Differences between neighbours should point where the photo's do.

    Contrastive coherence preserving loss (CCPL, Wu et al. 2022, arXiv 2207.04808), without its
    learned projection: for random places and their eight neighbours, the difference of maps
    must match the photo's there better than the photo's elsewhere.

    Args:
        x: the painting's last map, ``(N, C, H, W)``, sides of 3 at least.
        target: the photo's, whitened.
        anchors: places in each picture.
        tau: temperature of the softmax.
    """
    count, channels, height, width = x.shape
    inner = (height - 2) * (width - 2)
    places = rng.choice(inner, min(anchors, inner), replace=False)
    rows, columns = places // (width - 2) + 1, places % (width - 2) + 1
    around = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    dy, dx = np.array(around).T
    centre = to_device(rows * width + columns, x.device)
    near = to_device((rows + dy[:, None]) * width + columns + dx[:, None], x.device)

    def differences(z: Tensor) -> Tensor:
        flat = z.float().flatten(2)
        step = flat[:, :, near.flatten()].view(count, channels, len(around), -1)
        return F.normalize((flat[:, :, None, centre] - step).flatten(2), dim=1, eps=1e-6)

    likeness = differences(x).transpose(1, 2) @ differences(target) / tau
    own = torch.arange(likeness.shape[1], device=x.device).expand(count, -1)
    return F.cross_entropy(likeness.transpose(1, 2), own)


def grid_loss(output: Tensor) -> Tensor:
    """Peaks of the spectrum at multiples of 1/8 cycle a pixel, in units of the power around them.

    A decoder's grid peaks there and a stroke does not
    (:func:`styler.evaluation.spectrum.grid_peaks`). The logarithm lets a picture with a
    strong grid weigh no more than many with a weak one, and the surroundings are taken as given:
    the way down is less grid, not more noise. Without a grid at most 0.6, the
    mean of ``log(1 + x)`` over the exponential distribution of noise.

    Args:
        output: ``(N, 3, H, W)``, sides of 32 at least.
    """
    peaks, around = grid_peaks(output)
    return torch.log1p(peaks / (around.detach() + UNSEEN)).mean()


def imitation_loss(output: Tensor, taught: Tensor) -> Tensor:
    """Mean absolute differences from a teacher's paintings: of pixels, of their differences to the
    next pixel right and below, and of means over 4x4 pixels.

    What the teacher paints by chance, such as a weave, averages out; what it means remains.

    Args:
        output, taught: ``(N, 3, H, W)``.
    """
    difference = output - taught
    right, below = difference.diff(dim=3), difference.diff(dim=2)
    coarse = F.avg_pool2d(difference, 4)
    return difference.abs().mean() + right.abs().mean() + below.abs().mean() + coarse.abs().mean()


def shift_loss(moved: Tensor, still: Tensor, *, window: int = 17) -> Tensor:
    """Difference from the painting of the shifted photo, over the contrast that hides it.

    What a decoder paints by the place in its lattice or in the frame, not from the photo, differs,
    whatever its spectrum. The eye finds it in a sky and not in foliage, so every difference is
    taken relative to the deviation of brightness in the window around it, which is taken as given:
    more contrast is no way down. 0 is a painter that follows every shift.

    Args:
        moved: painting of the shifted photo, ``(N, 3, H, W)``.
        still: the same part of the unshifted photo's painting.
        window: odd, in pixels.
    """

    def around(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, window, 1, window // 2, count_include_pad=False)

    brightness = still.detach().mean(1, keepdim=True)
    contrast = around((brightness - around(brightness)).square()).sqrt()
    return ((moved - still).abs() / (contrast + FAINT)).mean()
