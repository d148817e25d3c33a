"""What training asks of the loss network: maps of a painting, targets of photos and paintings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from styler.network import Vgg

from .data import Batch
from .losses import Statistics, statistics, whiten
from .machine import to_device

__all__ = ["FeatureCache", "LossNetwork", "StyleTarget"]

BINS = 32
"""Quantiles kept of each channel's activations."""

SORTED = 2
"""How many of the last maps have theirs kept: deep ones, which are small enough to sort."""


@dataclass(frozen=True)
class StyleTarget:
    """What is asked of a painting, whatever it shows.

    Attributes:
        statistics: mean and deviation, ``(N, C)`` each, of every map.
        quantiles: ``(N, C, 32)`` for each of the last maps: its activations in order, averaged in
            32 parts. Empty where the quantiles are not wanted.
    """

    statistics: Statistics
    quantiles: list[Tensor]

    def mix(self, shares: Tensor) -> "StyleTarget":
        """Weighted means, ``(M, N)`` shares: distributions meet halfway along their quantiles."""
        return StyleTarget(
            [(shares @ mean, shares @ std) for mean, std in self.statistics],
            [torch.einsum("mn,ncq->mcq", shares, part) for part in self.quantiles],
        )


class LossNetwork:
    """A normalized loss network in the precision of the run.

    Args:
        vgg: the network.
        device, precision: where and in which dtype it runs.
        loudness: of each filter of each map, as :meth:`styler.network.Vgg.normalize` found it.
        quantiles: look at the distributions of the last maps, too.

    Attributes:
        weights: of each channel of each map in the style, ``(C,)`` of mean 1. A network as it was
            trained counts a filter by the square of its loudness, and so a few for all; a
            normalized one counts the faintest like the rest. Loudness itself lies between.
    """

    def __init__(
        self,
        vgg: Vgg,
        device: torch.device,
        precision: torch.dtype,
        *,
        loudness: Sequence[Tensor],
        quantiles: bool = False,
    ) -> None:
        self.vgg = vgg.to(device, precision).to(memory_format=torch.channels_last)
        self.device, self.precision = device, precision
        self.widths = [block[0].out_channels for block in vgg.blocks]  # type: ignore[index]
        self.weights = [(loud / loud.mean()).to(device) for loud in loudness]
        self.sorted = self.widths[-SORTED:] if quantiles else []

    def maps(self, pictures: Tensor) -> list[Tensor]:
        """Maps with gradients, from ``(N, 3, H, W)`` in [0, 1]."""
        maps: list[Tensor] = self.vgg(pictures.to(self.precision))
        return maps

    def style_target(self, maps: list[Tensor]) -> StyleTarget:
        """What a painting asks, of maps, differentiable."""
        deep = maps[-len(self.sorted) :] if self.sorted else []
        return StyleTarget(statistics(maps), [_quantiles(x) for x in deep])

    @torch.no_grad()
    def structure(self, pictures: Tensor) -> Tensor:
        """The last map, whitened: what the content loss holds a painting to."""
        last = self.maps(pictures)[-1]
        return whiten(last, *statistics([last])[0])

    @torch.no_grad()
    def style_rows(self, pictures: Tensor) -> Tensor:
        """A style target in one row for each picture, for :meth:`unpack`."""
        target = self.style_target(self.maps(pictures))
        parts = [part for pair in target.statistics for part in pair]
        return torch.cat([*parts, *(part.flatten(1) for part in target.quantiles)], 1)

    def unpack(self, rows: Tensor) -> StyleTarget:
        """The style targets in the rows of :meth:`style_rows`."""
        pairs = [width for width in self.widths for _ in "ms"]
        parts = torch.split(rows, [*pairs, *(width * BINS for width in self.sorted)], 1)
        moments, quantiles = parts[: len(pairs)], parts[len(pairs) :]
        return StyleTarget(
            list(zip(moments[::2], moments[1::2], strict=True)),
            [part.view(len(rows), -1, BINS) for part in quantiles],
        )


def _quantiles(x: Tensor) -> Tensor:
    """Every channel's activations in order, averaged in ``BINS`` parts: ``(N, C, BINS)``."""
    ordered = x.float().flatten(2).sort(-1).values
    return torch.nn.functional.adaptive_avg_pool1d(ordered, BINS)


class FeatureCache:
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
        return self.rows[to_device(np.array(batch.numbers), self.rows.device)]

    @property
    def bytes(self) -> int:
        """What the rows of all fixed crops take, once one has been seen."""
        return self.rows.nbytes if self.known else 0
