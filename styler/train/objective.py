"""What one step of training minimizes: paint a batch, look at it, weigh the losses."""

import contextlib
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from styler.evaluation.painted import reduced
from styler.network import MicroAST, Network
from styler.network.network import Moments

from .augment import Shift, View
from .brushed import brushed
from .config import TrainConfig
from .data import Batch
from .loss_network import FeatureCache, LossNetwork
from .losses import (
    coherence_loss,
    content_loss,
    contrast_loss,
    grid_loss,
    imitation_loss,
    quantile_loss,
    shift_loss,
    style_distances,
)
from .machine import to_device

__all__ = ["Objective"]


SCALES = {1: 0.5, 2: 1.0, 4: 0.8}
"""How much the style counts at the painting's own size, at half of it and at a quarter: strokes of
every size. Of the content, the first two count alike: what is finer may be redrawn."""


class Objective:
    """The losses of a batch, each by its name, and ``"total"``, their weighted sum.

    Args:
        network: what is trained.
        loss_network: what compares paintings; ``None`` where no loss asks for it.
        teacher: a painter to learn from, if there is one.
        config: whose ``*_weight`` weigh the losses; one of weight 0 is not computed.
        photos, paintings: the numbers of fixed crops, 0 for crops that never come again.
    """

    def __init__(
        self,
        network: Network,
        loss_network: LossNetwork | None,
        teacher: MicroAST | None,
        config: TrainConfig,
        photos: int,
        paintings: int,
    ) -> None:
        self.network, self.loss_network = network, loss_network
        self.teacher, self.config = teacher, config
        self.precision = loss_network.precision if loss_network else torch.float32
        self.structure: dict[int, FeatureCache] = {}
        self.style_rows: dict[int, FeatureCache] = {}
        # The loss network needs 16 pixels: small crops are looked at in fewer sizes.
        least = min(config.crop, config.style_crop)
        self.scales = {
            scale: w for scale, w in SCALES.items() if scale == 1 or least // scale >= 16
        }
        if loss_network:
            self.structure = {
                scale: FeatureCache(_reduced(loss_network.structure, scale), photos)
                for scale in (1, 2)
                if scale in self.scales
            }
            self.style_rows = {
                scale: FeatureCache(_reduced(loss_network.style_rows, scale), paintings)
                for scale in self.scales
            }

    def reconstruct(self, content: Batch) -> dict[str, Tensor]:
        """The warm-up: every photo in its own style, which trains an autoencoder."""
        with self._autocast(content.pictures):
            output = self.network(content.pictures, self.network.style(content.pictures))
        return self._weighed({"identity": F.l1_loss(output.float(), content.pictures)})

    def paint(self, content: Batch, style: Batch, rng: np.random.Generator) -> dict[str, Tensor]:
        """Photos in the styles of paintings, a quarter of them in their own style, too.

        Args:
            content: the photos; a share of them is painted from with brushwork.
            style: the paintings, each for the next few photos.
            rng: everything random comes from here.
        """
        config, photos = self.config, content.pictures
        each = len(photos) // len(style.pictures)
        quarter, half = -(-len(photos) // 4), -(-len(photos) // 2)
        shares = self._shares(len(style.pictures), rng)
        own, seen = photos[:quarter], brushed(photos, config.brushed, rng)
        view = View.draw(rng, own) if config.consistency_weight else None
        shift = Shift.draw(rng) if config.shift_weight else None
        with self._autocast(photos):
            styles = self.network.style(style.pictures)
            if shares is not None:
                styles = [Moments(*(shares @ part for part in moments)) for moments in styles]
            styles = [Moments(*(part.repeat_interleave(each, 0) for part in m)) for m in styles]
            batch, wanted = [seen], [styles]
            if config.identity_weight:
                batch.append(own)
                wanted.append(self.network.style(own))
            if view is not None:
                batch.append(view(seen[:quarter], noise=True))
                wanted.append([Moments(*(part[:quarter] for part in m)) for m in styles])
            joined = [
                Moments(*(torch.cat(parts) for parts in zip(*site, strict=True)))
                for site in zip(*wanted, strict=True)
            ]
            output = self.network(torch.cat(batch), joined)
            if shift is not None:
                again = [Moments(*(part[:half] for part in moments)) for moments in styles]
                moved = self.network(shift(seen[:half]), again)
        painted, *others = output.float().split([len(part) for part in batch])
        losses = self._compared(painted, content, style, shares, rng) if self.loss_network else {}
        if self.teacher:
            with torch.no_grad():
                manner = self.teacher.style(style.pictures).repeated(each)
                taught = self.teacher(seen, manner).clamp(0, 1)
            losses["teacher"] = imitation_loss(painted, taught)
        if config.identity_weight:
            losses["identity"] = F.l1_loss(others.pop(0), own)
        if config.grid_weight:
            losses["grid"] = grid_loss(painted)
        if shift is not None:
            losses["shift"] = shift_loss(moved.float(), shift(painted[:half]))
        if view is not None:
            losses["consistency"] = F.l1_loss(others.pop(0), view(painted[:quarter]))
        return self._weighed(losses)

    def _compared(
        self,
        painted: Tensor,
        content: Batch,
        style: Batch,
        shares: Tensor | None,
        rng: np.random.Generator,
    ) -> dict[str, Tensor]:
        """What the loss network says: style at every scale, structure at the first two."""
        config, loss_network = self.config, self.loss_network
        assert loss_network is not None
        each = len(painted) // len(style.pictures)
        losses: dict[str, Tensor] = {}
        styles, contents = [], []
        for scale, weight in self.scales.items():
            maps = loss_network.maps(reduced(painted, scale))
            seen, palette = (
                loss_network.style_target(maps),
                loss_network.unpack(self.style_rows[scale](style)),
            )
            if shares is not None:
                palette = palette.mix(shares)
            distances = style_distances(seen.statistics, palette.statistics, loss_network.weights)
            rows = torch.arange(len(painted), device=painted.device)
            styles.append(weight / sum(self.scales.values()) * distances[rows, rows // each].mean())
            if scale in self.structure:
                target = self.structure[scale](content)
                contents.append(content_loss(maps[-1], seen.statistics[-1], target))
            if scale > 1:
                continue
            if config.quantile_weight:
                wanted = [part.repeat_interleave(each, 0) for part in palette.quantiles]
                losses["quantile"] = quantile_loss(seen.quantiles, wanted)
            if config.coherence_weight:
                losses["coherence"] = coherence_loss(maps[-1], target, rng)
            if config.contrast_weight and len(style.pictures) > 1:
                losses["contrast"] = contrast_loss(distances, rows // each)
        means = {"content": torch.stack(contents).mean(), "style": torch.stack(styles).sum()}
        return means | losses

    def remembered(self) -> int:
        """Bytes of memory that fixed crops take, once one has been seen."""
        return sum(memory.bytes for memory in (*self.structure.values(), *self.style_rows.values()))

    def _shares(self, count: int, rng: np.random.Generator) -> Tensor | None:
        """Rows that mix each painting with its neighbour in the batch, or leave it as it is."""
        if not self.config.mixed:
            return None
        mixed = rng.random(count) < self.config.mixed
        first = np.where(mixed, rng.random(count), 1.0)
        rows = np.diag(first) + np.roll(np.diag(1 - first), 1, axis=1)
        return to_device(rows.astype(np.float32), next(self.network.parameters()).device)

    def _autocast(self, pictures: Tensor) -> contextlib.AbstractContextManager[None]:
        if self.precision == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(pictures.device.type, self.precision)

    def _weighed(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        weights = {name: getattr(self.config, f"{name}_weight") for name in losses}
        return losses | {"total": sum(weights[name] * losses[name] for name in losses)}


def _reduced(look: Callable[[Tensor], Tensor], scale: int) -> Callable[[Tensor], Tensor]:
    return lambda pictures: look(reduced(pictures, scale))
