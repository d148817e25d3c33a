"""What training asks of the loss network: maps of a painting, targets of photos and paintings."""

from collections.abc import Callable

import torch
from torch import Tensor

from styler.model import Vgg

from .data import Batch
from .losses import Statistics, statistics, whiten

__all__ = ["Judge", "Memory"]


class Judge:
    """A normalized loss network in the precision of the run."""

    def __init__(self, vgg: Vgg, device: torch.device, precision: torch.dtype) -> None:
        self.vgg = vgg.to(device, precision).to(memory_format=torch.channels_last)
        self.precision = precision
        self.widths = [block[0].out_channels for block in vgg.blocks]  # type: ignore[index]

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """Maps with gradients, from ``(N, 3, H, W)`` in [0, 1]."""
        maps: list[Tensor] = self.vgg(pictures.to(self.precision))
        return maps

    @torch.no_grad()
    def structure(self, pictures: Tensor) -> Tensor:
        """The last map, whitened: what the content loss holds a painting to."""
        last = self.maps(pictures)[-1]
        return whiten(last, *statistics([last])[0])

    @torch.no_grad()
    def palette(self, pictures: Tensor) -> Tensor:
        """Means and deviations of all maps in one row for each picture, for :meth:`unpack`."""
        return torch.cat([torch.cat(pair, 1) for pair in statistics(self.maps(pictures))], 1)

    def unpack(self, rows: Tensor) -> Statistics:
        """The statistics in the rows of :meth:`palette`."""
        sizes = [width for width in self.widths for _ in "ms"]
        parts = torch.split(rows, sizes, 1)
        return list(zip(parts[::2], parts[1::2], strict=True))


class Memory:
    """A function of crops, remembered for those that come again.

    Fixed crops are looked at one by one, so that what is remembered does not depend on the batch
    that a crop first came in, and a run that goes on finds the same. One tensor holds all of it.

    Args:
        look: from ``(N, 3, H, W)`` pictures to a row for each.
        size: the number of fixed crops.
    """

    def __init__(self, look: Callable[[Tensor], Tensor], size: int) -> None:
        self.look, self.size = look, size
        self.known: set[int] = set()

    def __call__(self, batch: Batch) -> Tensor:
        if batch.numbers is None:
            return self.look(batch.pictures)
        for number, picture in zip(batch.numbers, batch.pictures, strict=True):
            if number not in self.known:
                row = self.look(picture[None].contiguous(memory_format=torch.channels_last))[0]
                if not self.known:
                    self.rows = row.new_empty((self.size, *row.shape))
                self.rows[number] = row
                self.known.add(number)
        return self.rows[batch.numbers]
