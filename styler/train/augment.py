"""Second views of a photo: shifted by whole pixels, or moved, bent and noisy as a next frame is."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .machine import to_device

__all__ = ["Shift", "View"]

MOVE, BEND = 8.0, 4.0
"""Largest move of the whole picture, and largest bend on top of it, in pixels."""

PERIOD = 8
"""The decoder paints alike again after so many pixels."""


@dataclass(frozen=True)
class Shift:
    """The same picture begun a few pixels later: nothing is resampled, nothing made up.

    A lattice of the decoder stays where it is in the frame; all that is painted from the photo
    moves along.

    Attributes:
        down, right: pixels, less than a period, not both 0.
    """

    down: int
    right: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Shift":
        down, right = divmod(int(rng.integers(1, PERIOD**2)), PERIOD)
        return cls(down, right)

    def __call__(self, pictures: Tensor) -> Tensor:
        """What is seen of ``(N, C, H, W)`` pictures: a period less high and less wide."""
        height, width = (side - PERIOD for side in pictures.shape[2:])
        return pictures[..., self.down :, self.right :][..., :height, :width]


@dataclass(frozen=True)
class View:
    """A smooth warp of pictures and some noise (ReReVST, Wang et al. 2020, its fake flow).

    A painter that is steady under it paints steady videos, without having seen any.

    Attributes:
        grid: ``(N, H, W, 2)``, where each pixel is taken from, as ``grid_sample`` wants it.
        noise: ``(N, 3, H, W)``, added where asked.
    """

    grid: Tensor
    noise: Tensor

    @classmethod
    def draw(cls, rng: np.random.Generator, pictures: Tensor, *, sigma: float = 0.01) -> "View":
        """A view of ``(N, 3, H, W)`` pictures, their gaps at the border mirrored.

        Args:
            rng: everything random comes from here.
            pictures: whose shape, dtype and device it has.
            sigma: deviation of the noise; a step of 8-bit colour is 0.004.
        """
        count, _, height, width = pictures.shape
        size = np.array([width, height])
        move = rng.uniform(-MOVE, MOVE, (count, 2, 1, 1))
        bend = rng.uniform(-BEND, BEND, (count, 2, 4, 4))
        # All that is large is made on the device.
        where = pictures.device
        flow = F.interpolate(
            to_device(((move + bend) * 2 / size[:, None, None]).astype(np.float32), where),
            (height, width),
            mode="bicubic",
            align_corners=True,
        )
        unit = torch.meshgrid(
            (torch.arange(width, device=where) * 2 + 1) / width - 1,
            (torch.arange(height, device=where) * 2 + 1) / height - 1,
            indexing="xy",
        )
        grid = torch.stack(unit, -1) + flow.permute(0, 2, 3, 1)
        generator = torch.Generator(where).manual_seed(int(rng.integers(2**62)))
        noise = sigma * torch.randn(pictures.shape, generator=generator, device=where)
        return cls(grid.to(pictures), noise.to(pictures))

    def __call__(self, pictures: Tensor, *, noise: bool = False) -> Tensor:
        """The view of ``(N, 3, H, W)`` pictures in [0, 1]."""
        seen = F.grid_sample(pictures, self.grid, padding_mode="reflection", align_corners=False)
        return (seen + self.noise).clamp(0, 1) if noise else seen
