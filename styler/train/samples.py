"""A grid of photos painted in styles, to watch training by eye."""

import numpy as np
import torch
from PIL import Image

from styler.network import Network

from .data import Crops, Folder

__all__ = ["sample_grid"]


@torch.no_grad()
def sample_grid(
    network: Network, content: Folder, style: Folder, *, seed: int = 0, size: int = 256
) -> Image.Image:
    """Four photos in six styles, the same ones at every call: styles on top, photos at the left."""
    rng = np.random.default_rng((seed, 3))
    photos = Crops(content, size).draw(4, rng).pictures
    paintings = Crops(style, size).draw(6, rng).pictures
    where = next(network.parameters()).device
    styles = [network.style(painting[None].to(where)) for painting in paintings]
    rows = [torch.cat((torch.ones(1, 3, size, size), paintings))]
    for photo in photos:
        painted = [network(photo[None].to(where), statistics).cpu() for statistics in styles]
        rows.append(torch.cat((photo[None], *painted)))
    grid = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    pixels = (grid.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return Image.fromarray(pixels)
