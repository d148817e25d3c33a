"""MicroAST (Wang et al. 2023, arXiv 2211.15313), a network to learn from and to measure against.

Two small encoders at 1/4 resolution, one for the photo and one for the painting; AdaIN at two
depths; and between them residual blocks whose convolutions a modulator weighs by the painting. The
modules are named as the tensors of the published weights are (github.com/EndyWon/MicroAST, MIT
licence), which need converting to safetensors.
"""

from pathlib import Path
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from styler.norm.moments import moments

from .weights import load_network

__all__ = ["Manner", "MicroAST"]

EPS = 1e-5


class Manner(NamedTuple):
    """What is kept of paintings: ``(N, 64, 1, 1)`` each, for the outer and the inner depth.

    Attributes:
        mean, std: of the feature maps.
        weight, bias: of the modulated convolutions.
    """

    mean: tuple[Tensor, Tensor]
    std: tuple[Tensor, Tensor]
    weight: tuple[Tensor, Tensor]
    bias: tuple[Tensor, Tensor]

    def repeated(self, times: int) -> "Manner":
        """Each painting's so many times in a row."""
        return Manner(
            *((a.repeat_interleave(times, 0), b.repeat_interleave(times, 0)) for a, b in self)
        )


class MicroAST(nn.Module):
    """The whole network; pictures are ``(N, 3, H, W)`` float32 in [0, 1], sides multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.content_encoder, self.style_encoder = _Encoder(), _Encoder()
        self.modulator = _Modulator()
        self.decoder = _Decoder()

    @classmethod
    def load(cls, path: Path) -> "MicroAST":
        """The network with published weights, as safetensors, frozen.

        Raises:
            WeightsError: the file cannot be read, or holds something else.
        """
        network = cls()
        load_network(network, path)
        return network.eval().requires_grad_(False)

    def style(self, paintings: Tensor) -> Manner:
        """What is kept of paintings."""
        maps = self.style_encoder(paintings)
        (mean, std), (inner_mean, inner_std) = map(_statistics, maps)
        weight, bias = self.modulator(*maps)
        return Manner((mean, inner_mean), (std, inner_std), weight, bias)

    def forward(self, photos: Tensor, manner: Manner) -> Tensor:
        """Photos in the manner of as many paintings; not clipped."""
        _, x = self.content_encoder(photos)
        painted: Tensor = self.decoder(x, manner)
        return painted


class _Convolution(nn.Module):
    """A convolution with reflect padding of half its kernel."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        self.border = [kernel // 2] * 4
        self.conv_layer = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        convolved: Tensor = self.conv_layer(F.pad(x, self.border, mode="reflect"))
        return convolved


class _Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = _Convolution(64, 64, 3), _Convolution(64, 64, 3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = x + self.conv2(F.relu(self.conv1(x)))
        return y


class _Modulated(_Residual):
    def forward(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:  # type: ignore[override]
        y = F.relu(weight * self.conv1(x) + bias * x)
        modulated: Tensor = x + weight * self.conv2(y) + bias * y
        return modulated


class _Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.enc1 = nn.Sequential(
            _Convolution(3, 16, 9), nn.ReLU(),
            _Convolution(16, 32, 3, 2, groups=16), nn.ReLU(), _Convolution(32, 32, 1), nn.ReLU(),
            _Convolution(32, 64, 3, 2, groups=32), nn.ReLU(), _Convolution(64, 64, 1), nn.ReLU(),
            _Residual(),
        )  # fmt: skip
        self.enc2 = nn.Sequential(_Residual())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        outer = self.enc1(x)
        inner: Tensor = self.enc2(outer)
        return outer, inner


class _Modulator(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight1, self.bias1, self.weight2, self.bias2 = (
            nn.Sequential(_Convolution(64, 64, 3, groups=64)) for _ in range(4)
        )

    def forward(self, outer: Tensor, inner: Tensor) -> tuple[tuple[Tensor, Tensor], ...]:
        def mean(layer: nn.Module, x: Tensor) -> Tensor:
            y: Tensor = layer(x).mean((2, 3), keepdim=True)
            return y

        weights = mean(self.weight1, outer), mean(self.weight2, inner)
        return weights, (mean(self.bias1, outer), mean(self.bias2, inner))


class _Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dec1, self.dec2 = _Modulated(), _Modulated()

        def up() -> nn.Upsample:
            return nn.Upsample(scale_factor=2, mode="bilinear")

        self.dec3 = nn.Sequential(
            up(), _Convolution(64, 32, 3, groups=32), nn.ReLU(), _Convolution(32, 32, 1), nn.ReLU(),
            up(), _Convolution(32, 16, 3, groups=16), nn.ReLU(), _Convolution(16, 16, 1), nn.ReLU(),
            _Convolution(16, 3, 9),
        )  # fmt: skip

    def forward(self, x: Tensor, manner: Manner) -> Tensor:
        mean, std, weight, bias = manner
        x = self.dec1(_normalized(x) * std[1] + mean[1], weight[1], bias[1])
        x = self.dec2(_normalized(x) * std[0] + mean[0], weight[0], bias[0])
        painted: Tensor = self.dec3(x)
        return painted


def _statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    mean, variance = moments(x)
    count = x.shape[2] * x.shape[3]
    unbiased = variance * (count / max(count - 1, 1))
    return mean[:, :, None, None], (unbiased + EPS).sqrt()[:, :, None, None]


def _normalized(x: Tensor) -> Tensor:
    mean, std = _statistics(x)
    return (x - mean) / std
