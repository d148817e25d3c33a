"""The pieces that tapes are made of: convolutions, residual blocks, upsampling."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.norm import norm as make_norm

from .stages import Site, residual

__all__ = [
    "EvenConv2d",
    "Normalizer",
    "Notch",
    "conv",
    "normalizer",
    "residual_block",
    "shuffle_up",
]

Normalizer = Callable[[int], list[nn.Module]]
"""Channels to the piece of tape that normalizes them: nothing, a site, or a registered module."""

SITES = {"instance", "group", "sample_layer"}


def normalizer(name: str) -> Normalizer:
    """The normalizer of a variant by its name.

    Those whose statistics reach over the whole picture become sites, so that tiles and masks see
    them; the others (``"batch"``, whose statistics are frozen after training, or per-pixel ones)
    are modules of :mod:`styler.norm` inside a stage. ``"none"`` is no operation at all.
    """
    if name == "none":
        return lambda channels: []
    if name in SITES:
        return lambda channels: [Site(channels, name, groups=math.gcd(8, channels))]  # type: ignore[arg-type]
    if name == "rms":  # over the channels of each pixel, as over the features of a token
        return lambda channels: [make_norm(name, channels, channel_dim=1)]
    return lambda channels: [make_norm(name, channels)]


class EvenConv2d(nn.Conv2d):
    """A convolution before a pixel shuffle by two that paints a flat area flat.

    Four consecutive output channels are the four phases of one shuffled channel. Where their
    weights sum to different values, every flat area shows a lattice of period 2.
    """

    @torch.no_grad()
    def project_(self) -> None:
        """Move the weights and biases to the nearest ones whose phases respond alike."""
        assert self.bias is not None
        sums = self.weight.sum((2, 3)).view(-1, 4, self.in_channels)
        excess = (sums - sums.mean(1, keepdim=True)).flatten(0, 1)
        self.weight.sub_(excess[:, :, None, None] / self.weight[0, 0].numel())
        phases = self.bias.view(-1, 4)
        phases.copy_(phases.mean(1, keepdim=True).expand_as(phases))


class Notch(nn.Module):
    """Takes a regular grid out of a picture, and leaves the rest to within a narrow band.

    A decoder's grid deviates from what is smooth alike in every cell of ``period`` pixels. So each
    place in a cell gives up its mean deviation over the cells around, as far as it differs from
    that of the other places: a band stop at the multiples of ``1 / period`` cycle. Strokes spread
    over other frequencies.

    Smooth is what lies between the means of neighbouring cells; against the mean of its own cell
    alone, a slope would turn into stairs. A single edge of the photo would be echoed in all cells
    around: near by, deviations count up to ``limit``, and what that leaves of a grid is a matter of
    so many cells that one edge is little among them.

    Args:
        period: of the grid, in pixels; sides must be multiples of it, three at least.
        near: cells from one mean of limited deviations to the next, each over three times as many.
        far: the same for the mean of what is left.
        limit: the most that a pixel counts for near by, of a range of 1.
    """

    def __init__(
        self, period: int = 8, near: int = 3, far: int = 14, limit: float = 8 / 255
    ) -> None:
        super().__init__()
        self.period, self.near, self.far, self.limit = period, near, far, limit

    def forward(self, x: Tensor) -> Tensor:
        cells = F.avg_pool2d(x, self.period)
        smooth = F.interpolate(cells, size=x.shape[2:], mode="bilinear")
        places = F.pixel_unshuffle(x - smooth, self.period)
        grid = self._around(places.clamp(-self.limit, self.limit), self.near)
        grid = grid + self._around(places - grid, self.far)
        by_channel = torch.unflatten(grid, 1, (-1, self.period**2))
        grid = (by_channel - by_channel.mean(2, keepdim=True)).flatten(1, 2)
        return x - F.pixel_shuffle(grid, self.period)

    def _around(self, places: Tensor, step: int) -> Tensor:
        # One axis after the other, which is less to add.
        window = 3 * step
        pad = window // 2
        mean = F.avg_pool2d(places, (window, 1), (step, 1), (pad, 0), count_include_pad=False)
        mean = F.avg_pool2d(mean, (1, window), (1, step), (0, pad), count_include_pad=False)
        return F.interpolate(mean, size=places.shape[2:], mode="bilinear")

    def extra_repr(self) -> str:
        return f"{self.period}, near={self.near}, far={self.far}, limit={self.limit:g}"


def conv(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    gain: float = math.sqrt(2),
    kind: type[nn.Conv2d] = nn.Conv2d,
) -> nn.Conv2d:
    """A convolution with reflect padding; after a ReLU it starts with a gain of ``gain**2 / 2``.

    Zeros at the border would tell it where the border is, and training would paint frames there.
    """
    padding = (kernel - 1) // 2
    layer = kind(
        inputs, outputs, kernel, stride, padding, padding_mode="reflect" if padding else "zeros"
    )
    nn.init.normal_(layer.weight, std=gain / math.sqrt(inputs * kernel * kernel))
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return layer


def residual_block(channels: int, norm: Normalizer) -> list[nn.Module]:
    """Two 3x3 convolutions beside the identity; the second starts small, and so does the block."""
    return residual(
        conv(channels, channels),
        *norm(channels),
        nn.ReLU(),
        conv(channels, channels, gain=0.3),
        *norm(channels),
    )


def shuffle_up(
    inputs: int, outputs: int, kernel: int, *, kind: type[nn.Conv2d] = nn.Conv2d
) -> list[nn.Module]:
    """Twice the resolution by a convolution and a pixel shuffle (Shi et al. 2016).

    All four phases start from the same kernel (Aitken et al. 2017), so the untrained layer is a
    nearest-neighbour upsampling and carries no grid.
    """
    layer = conv(inputs, outputs * 4, kernel, gain=1.0, kind=kind)
    with torch.no_grad():
        layer.weight.copy_(layer.weight[::4].repeat_interleave(4, 0))
    return [layer, nn.PixelShuffle(2)]
