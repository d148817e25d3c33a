"""The pieces that tapes are made of: convolutions, residual blocks, upsampling."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.norm import norm as make_norm

from .tape import Site, residual

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
    def even_(self) -> None:
        """Move the weights and biases to the nearest ones whose phases respond alike."""
        assert self.bias is not None
        sums = self.weight.sum((2, 3)).view(-1, 4, self.in_channels)
        excess = (sums - sums.mean(1, keepdim=True)).flatten(0, 1)
        self.weight.sub_(excess[:, :, None, None] / self.weight[0, 0].numel())
        phases = self.bias.view(-1, 4)
        phases.copy_(phases.mean(1, keepdim=True).expand_as(phases))


class Notch(nn.Module):
    """Takes a regular grid out of a map, and leaves the rest to within a narrow band.

    Each of the ``phases`` x ``phases`` phases of a channel gives up what its mean over the
    surroundings differs from that of all phases there: a band stop at the multiples of
    ``1 / phases`` cycle. Strokes spread over other frequencies, a decoder's grid does not.

    Args:
        phases: the longest period, in positions; sides must be multiples of it, three at least.
        step: periods from one mean to the next, each over ``3 * step`` of them.
    """

    def __init__(self, phases: int = 4, step: int = 3) -> None:
        super().__init__()
        self.phases, self.step = phases, step

    def forward(self, x: Tensor) -> Tensor:
        phases = F.pixel_unshuffle(x, self.phases)
        step, window = self.step, 3 * self.step
        # One axis after the other, which is less to add.
        mean = F.avg_pool2d(phases, (window, 1), (step, 1), (step, 0), count_include_pad=False)
        mean = F.avg_pool2d(mean, (1, window), (1, step), (0, step), count_include_pad=False)
        by_channel = torch.unflatten(mean, 1, (-1, self.phases**2))
        excess = (by_channel - by_channel.mean(2, keepdim=True)).flatten(1, 2)
        spread = F.interpolate(excess, size=phases.shape[2:], mode="bilinear")
        return F.pixel_shuffle(phases - spread, self.phases)

    def extra_repr(self) -> str:
        return f"{self.phases}, step={self.step}"


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
