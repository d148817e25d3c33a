"""The compact network: a trunk at 1/8 resolution, four AdaIN sites, an interpolating decoder.

    picture  -6x6/2-> 32 @1/2 -3x3/2-> 48 @1/4 -3x3/2-> 96 @1/8 | residuals | residuals
             -> up, + 48 @1/4 | residual | -> 20, up @1/2 -3x3-> 16 -3x3-> 16, up
             -> + 16 of the picture -3x3-> RGB

where every ``|`` is a site. All sites are at 1/4 resolution and coarser, and everything after them
is interpolation and small convolutions, alike at every pixel: a decoder that shuffles channels into
pixels gives each place in a cell weights of its own, and paints lattices of them (Odena et al.
2016, "Deconvolution and checkerboard artifacts").

A trunk at 1/8 has twice the receptive field of one at 1/4 (MicroAST, Wang et al. 2023) for the same
arithmetic. The skip at 1/4 carries as many numbers as the picture has. Interpolation leaves edges
soft, and so the last layer sees the picture's own beside what the decoder wants there; the ReLU
between lets the one pass as far as the other opens it.
"""

from itertools import chain

from torch import nn

from .blocks import conv, normalizer, residual_block
from .network import Network
from .stages import Add, Save, Site, StyleEncoder, Tap

__all__ = ["compact"]


def compact(
    *, norm: str = "none", channels: tuple[int, int, int] = (32, 48, 96), blocks: int = 4
) -> Network:
    """Build the compact network.

    Args:
        norm: normalizer inside the residual blocks, a name of :mod:`styler.norm`; ``"none"`` leaves
            normalization to the four AdaIN sites.
        channels: at 1/2, 1/4 and 1/8 resolution.
        blocks: residual blocks at 1/8, half of them before the middle site.

    Returns:
        An untrained network for pictures of any size from 1x1 up.
    """
    half, quarter, eighth = channels
    wide, narrow = 20, 16
    normalize = normalizer(norm)
    trunk = [residual_block(eighth, normalize) for _ in range(blocks)]
    tape = [
        Save(),
        conv(3, half, 6, 2), nn.ReLU(),
        conv(half, quarter, 3, 2), nn.ReLU(),
        Save(),
        conv(quarter, eighth, 3, 2),
        Site(eighth), nn.ReLU(),
        *chain.from_iterable(trunk[: blocks // 2]),
        Site(eighth),
        *chain.from_iterable(trunk[blocks // 2 :]),
        nn.ReLU(), conv(eighth, quarter, 1), smooth_up(),
        Add(),
        Site(quarter),
        *residual_block(quarter, normalize),
        Site(quarter), nn.ReLU(),
        conv(quarter, wide, 1), smooth_up(),
        conv(wide, narrow), nn.ReLU(),
        conv(narrow, narrow), soft_up(),
        Add(conv(3, narrow)), nn.ReLU(),
        conv(narrow, 3, gain=1.0),
    ]  # fmt: skip
    style = [
        conv(3, half, 6, 2), nn.ReLU(),
        conv(half, quarter, 3, 2), nn.ReLU(),
        *residual_block(quarter, normalizer("none")),
        Tap(2, nn.ReLU(), conv(quarter, quarter)),
        Tap(3, nn.ReLU(), conv(quarter, quarter)),
        conv(quarter, eighth, 3, 2), nn.ReLU(),
        *residual_block(eighth, normalizer("none")),
        Tap(0, conv(eighth, eighth, 1)),
        *residual_block(eighth, normalizer("none")),
        Tap(1, conv(eighth, eighth, 1)),
    ]  # fmt: skip
    return Network(tape, StyleEncoder(style), margin=8, multiple=8)


def up() -> nn.Upsample:
    """Twice the sides, by bilinear interpolation."""
    return nn.Upsample(scale_factor=2, mode="bilinear")


def smooth_up() -> nn.Sequential:
    """:func:`up`, then the mean of the 3x3 around each: for what a convolution and a ReLU follow.

    Of a bilinear map even pixels are as far from their left neighbours as odd ones from their
    right, but not the other way round. A convolution's variance therefore alternates from pixel to
    pixel, a ReLU makes a mean of that, and the painting has a lattice wherever it is busy. On white
    noise this takes it to a thirteenth.
    """
    return nn.Sequential(up(), nn.AvgPool2d(3, 1, 1, count_include_pad=False))


def soft_up() -> nn.Sequential:
    """Weights 1, 2, 1 along both axes, which pass nothing that alternates, then :func:`up`."""
    pairs = nn.AvgPool2d(2, 1, 1, count_include_pad=False)
    return nn.Sequential(pairs, nn.AvgPool2d(2, 1), up())
