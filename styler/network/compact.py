"""The compact network: a trunk at 1/8 resolution, four AdaIN sites, no full-resolution convolution.

    picture  -6x6/2-> 32 @1/2 -3x3/2-> 48 @1/4 -3x3/2-> 96 @1/8 | residuals | residuals
             -> up, + 48 @1/4 | residual -> shuffle to 16 @1/2 | -> shuffle to RGB

where every ``|`` is a site. The last one looks at each of the 4x4 phases of its upsampled map on
its own, but gives them all the same style: a phase with another mean or another contrast would
leave a grid of 4 or 8 pixels behind the ReLU. What grid a painting still has is notched out.

A trunk at 1/8 has twice the receptive field of one at 1/4 (MicroAST, Wang et al. 2023) for the same
arithmetic. The skip at 1/4 carries as many numbers as the picture has, so that detail survives.
"""

from itertools import chain

from torch import nn

from .blocks import EvenConv2d, Notch, conv, normalizer, residual_block, shuffle_up
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
    fine = half // 2
    normalize = normalizer(norm)
    paint, to_pixels = shuffle_up(fine, 3, 3, kind=EvenConv2d)
    trunk = [residual_block(eighth, normalize) for _ in range(blocks)]
    tape = [
        conv(3, half, 6, 2), nn.ReLU(),
        conv(half, quarter, 3, 2), nn.ReLU(),
        Save(),
        conv(quarter, eighth, 3, 2),
        Site(eighth), nn.ReLU(),
        *chain.from_iterable(trunk[: blocks // 2]),
        Site(eighth),
        *chain.from_iterable(trunk[blocks // 2 :]),
        nn.ReLU(), conv(eighth, quarter, 1), nn.Upsample(scale_factor=2, mode="nearest"),
        Add(),
        Site(quarter),
        *residual_block(quarter, normalize),
        nn.ReLU(), *shuffle_up(quarter, fine, 1),
        conv(fine, fine), nn.PixelUnshuffle(4),
        Site(16 * fine, phases=16), nn.PixelShuffle(4), nn.ReLU(),
        paint, to_pixels, Notch(8),
    ]  # fmt: skip
    style = [
        conv(3, half, 6, 2), nn.ReLU(),
        Tap(3, conv(half, fine)),
        conv(half, quarter, 3, 2), nn.ReLU(),
        *residual_block(quarter, normalizer("none")),
        Tap(2, nn.ReLU(), conv(quarter, quarter)),
        conv(quarter, eighth, 3, 2), nn.ReLU(),
        *residual_block(eighth, normalizer("none")),
        Tap(0, conv(eighth, eighth, 1)),
        *residual_block(eighth, normalizer("none")),
        Tap(1, conv(eighth, eighth, 1)),
    ]  # fmt: skip
    return Network(tape, StyleEncoder(style), margin=8, multiple=8)
