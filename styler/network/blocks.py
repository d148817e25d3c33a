"""The pieces that tapes are made of: convolutions, residual blocks, upsampling."""

import math
from collections.abc import Callable

from torch import nn

from styler.norm import norm as make_norm

from .stages import Site, residual

__all__ = [
    "Normalizer",
    "conv",
    "normalizer",
    "residual_block",
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


def conv(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    stride: int = 1,
    *,
    gain: float = math.sqrt(2),
) -> nn.Conv2d:
    """A convolution with reflect padding; after a ReLU it starts with a gain of ``gain**2 / 2``.

    Zeros at the border would tell it where the border is, and training would paint frames there.
    """
    padding = (kernel - 1) // 2
    layer = nn.Conv2d(
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
