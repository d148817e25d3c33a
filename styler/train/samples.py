"""A grid of photos painted in styles, to watch training by eye."""

import numpy as np
import torch
from torch import Tensor

from styler.imaging import Picture, grid, to_uint8
from styler.network import Network

from .data import Crops, Folder

__all__ = ["sample_grid"]


@torch.no_grad()
def sample_grid(
    network: Network, content: Folder, style: Folder, *, seed: int = 0, size: int = 256
) -> Picture:
    """Four photos in six styles, the same ones at every call: styles on top, photos at the left."""
    rng = np.random.default_rng((seed, 3))
    photos = Crops(content, size).draw(4, rng).pictures
    paintings = Crops(style, size).draw(6, rng).pictures
    where = next(network.parameters()).device
    styles = [network.style(painting[None].to(where)) for painting in paintings]
    cells: list[Tensor | None] = [None, *(painting[None] for painting in paintings)]
    for photo in (one[None] for one in photos):
        painted = (network(photo.to(where), statistics).cpu() for statistics in styles)
        cells += [photo, *painted]
    tiles = [("", None if x is None else Picture(to_uint8(x.numpy()))) for x in cells]
    return grid(tiles, columns=1 + len(styles), labels=False)
