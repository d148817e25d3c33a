"""What one step of training minimizes: paint a batch, look at it, weigh the losses."""

import contextlib

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from styler.network import Network
from styler.network.network import Moments

from .augment import Shift, View
from .config import TrainConfig
from .data import Batch
from .loss_network import FeatureCache, LossNetwork
from .losses import (
    coherence_loss,
    content_loss,
    contrast_loss,
    grid_loss,
    quantile_loss,
    shift_loss,
    style_distances,
)
from .machine import to_device

__all__ = ["Objective"]


class Objective:
    """The losses of a batch, each by its name, and ``"total"``, their weighted sum.

    Args:
        network: what is trained.
        loss_network: the loss network.
        config: whose ``*_weight`` weigh the losses; one of weight 0 is not computed.
        photos, paintings: the numbers of fixed crops, 0 for crops that never come again.
    """

    def __init__(
        self,
        network: Network,
        loss_network: LossNetwork,
        config: TrainConfig,
        photos: int,
        paintings: int,
    ) -> None:
        self.network, self.loss_network, self.config = network, loss_network, config
        self.structure = FeatureCache(loss_network.structure, photos)
        self.style_rows = FeatureCache(loss_network.style_rows, paintings)

    def reconstruct(self, content: Batch) -> dict[str, Tensor]:
        """The warm-up: every photo in its own style, which trains an autoencoder."""
        with self._autocast(content.pictures):
            output = self.network(content.pictures, self.network.style(content.pictures))
        return self._weighed({"identity": F.l1_loss(output.float(), content.pictures)})

    def paint(self, content: Batch, style: Batch, rng: np.random.Generator) -> dict[str, Tensor]:
        """Photos in the styles of paintings, a quarter of them in their own style, too."""
        config, photos = self.config, content.pictures
        count, quarter = len(photos), -(-len(photos) // 4)
        palette = self.loss_network.unpack(self.style_rows(style))
        shares = self._shares(count, rng)
        own = photos[:quarter]
        view = View.draw(rng, own) if config.consistency_weight else None
        shift = Shift.draw(rng) if config.shift_weight else None
        half = -(-count // 2)
        with self._autocast(photos):
            styles = self.network.style(style.pictures)
            if shares is not None:
                styles = [Moments(*(shares @ part for part in moments)) for moments in styles]
                palette = palette.mix(shares)
            batch, wanted = [photos], [styles]
            if config.identity_weight:
                batch.append(own)
                wanted.append(self.network.style(own))
            if view is not None:
                batch.append(view(own, noise=True))
                wanted.append([Moments(*(part[:quarter] for part in m)) for m in styles])
            joined = [
                Moments(*(torch.cat(parts) for parts in zip(*site, strict=True)))
                for site in zip(*wanted, strict=True)
            ]
            output = self.network(torch.cat(batch), joined)
            if shift is not None:
                again = [Moments(*(part[:half] for part in moments)) for moments in styles]
                moved = self.network(shift(photos[:half]), again)
        painted, *others = output.float().split([len(part) for part in batch])
        maps = self.loss_network.maps(painted)
        seen = self.loss_network.style_target(maps)
        target = self.structure(content)
        distances = style_distances(seen.statistics, palette.statistics, self.loss_network.weights)
        losses = {
            "content": content_loss(maps[-1], seen.statistics[-1], target),
            "style": distances.diagonal().mean(),
        }
        if config.identity_weight:
            losses["identity"] = F.l1_loss(others.pop(0), own)
        if config.quantile_weight:
            losses["quantile"] = quantile_loss(seen.quantiles, palette.quantiles)
        if config.coherence_weight:
            losses["coherence"] = coherence_loss(maps[-1], target, rng)
        if config.contrast_weight and count > 1:
            losses["contrast"] = contrast_loss(distances)
        if config.grid_weight:
            losses["grid"] = grid_loss(painted)
        if shift is not None:
            losses["shift"] = shift_loss(moved.float(), shift(painted[:half]))
        if view is not None:
            losses["consistency"] = F.l1_loss(others.pop(0), view(painted[:quarter]))
        return self._weighed(losses)

    def remembered(self) -> int:
        """Bytes of memory that fixed crops take, once one has been seen."""
        return self.structure.bytes + self.style_rows.bytes

    def _shares(self, count: int, rng: np.random.Generator) -> Tensor | None:
        """Rows that mix each painting with its neighbour in the batch, or leave it as it is."""
        if not self.config.mixed:
            return None
        mixed = rng.random(count) < self.config.mixed
        first = np.where(mixed, rng.random(count), 1.0)
        rows = np.diag(first) + np.roll(np.diag(1 - first), 1, axis=1)
        return to_device(rows.astype(np.float32), self.loss_network.device)

    def _autocast(self, pictures: Tensor) -> contextlib.AbstractContextManager[None]:
        if self.loss_network.precision == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(pictures.device.type, self.loss_network.precision)

    def _weighed(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = {name: getattr(self.config, f"{name}_weight") for name in losses}
        return losses | {"total": sum(weights[name] * losses[name] for name in losses)}
