"""The network of the AdaIN paper (Huang & Belongie 2017): VGG to relu4_1, one site, a decoder.

The encoder is pretrained and frozen, and the same for content and style; only the decoder, its
mirror image, learns.
"""

import torch
from torch import nn

from .blocks import normalizer
from .network import Network
from .stages import Site, StyleEncoder, Tap
from .vgg import Vgg

__all__ = ["VGG16", "VGG19", "classic", "set_encoder"]

VGG16, VGG19 = (2, 2, 3, 1), (2, 2, 4, 1)
"""Convolutions in each block, to relu4_1."""


def classic(*, norm: str = "none", blocks: tuple[int, ...] = VGG19) -> Network:
    """Build the classic network; :func:`set_encoder` gives it its pretrained encoder.

    Args:
        norm: normalizer behind the decoder's convolutions, a name of :mod:`styler.norm`. The paper
            finds ``"none"`` best: normalization there pulls all styles towards one.
        blocks: convolutions in each block of the encoder, ``VGG19`` or ``VGG16``.
    """
    channels = 64 << len(blocks) - 1
    tape = [*_encoder(blocks), Site(channels), *_decoder(blocks, norm)]
    style = StyleEncoder([*_encoder(blocks), Tap(0)])
    network = Network(tape, style, margin=8, multiple=8)
    network.stages[0].requires_grad_(False)
    network.style_encoder.requires_grad_(False)
    return network


@torch.no_grad()
def set_encoder(network: Network, vgg: Vgg) -> None:
    """Copy the weights of a pretrained VGG into both encoders of a classic network."""
    for path in (network.stages[0], network.style_encoder):
        layers = [layer for layer in path.modules() if isinstance(layer, nn.Conv2d)]
        for layer, source in zip(layers, vgg.convolutions(), strict=True):
            layer.load_state_dict(source.state_dict())


def _reflecting(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")


def _encoder(blocks: tuple[int, ...]) -> list[nn.Module]:
    tape: list[nn.Module] = []
    channels = 3
    for block, depth in enumerate(blocks):
        if block:
            tape.append(nn.MaxPool2d(2))
        for _ in range(depth):
            tape += [_reflecting(channels, 64 << block), nn.ReLU()]
            channels = 64 << block
    return tape


def _decoder(blocks: tuple[int, ...], norm: str) -> list[nn.Module]:
    normalize = normalizer(norm)
    tape: list[nn.Module] = []
    widths = [64 << block for block, depth in enumerate(blocks) for _ in range(depth)]
    # The number of each block's last layer, seen from the front.
    ends = {sum(blocks[: block + 1]) for block in range(len(blocks))}
    for position in range(len(widths), 0, -1):
        outputs = widths[position - 2] if position > 1 else 3
        if position in ends and position < len(widths):
            tape.append(nn.Upsample(scale_factor=2, mode="nearest"))
        tape.append(_reflecting(widths[position - 1], outputs))
        if position > 1:
            tape += [*normalize(outputs), nn.ReLU()]
    return tape
