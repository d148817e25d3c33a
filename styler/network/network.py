"""Encoder - AdaIN - decoder as a chain of stages, in torch."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from styler.inference.adain import adain
from styler.inference.forward import forward
from styler.inference.padding import window
from styler.norm.moments import moments

from .stages import Site, StyleEncoder, cut

__all__ = ["Moments", "Network", "pad"]


class Moments(NamedTuple):
    """Mean and standard deviation of each channel, ``(N, C)`` each: a style at one site."""

    mean: Tensor
    std: Tensor


class Network(nn.Module):
    """A content path with sites, and the encoder that gives the style its statistics there.

    Args:
        tape: the content path from picture to picture, with its sites.
        style_encoder: from a picture to one map for each style site.
        margin: pixels reflected around the picture before the first stage; maps there are
            computed, but enter no statistics and no result. A multiple of ``multiple``.
        multiple: the sides of what enters the first stage must be multiples of this.
    """

    def __init__(
        self, tape: Sequence[nn.Module], style_encoder: StyleEncoder, *, margin: int, multiple: int
    ) -> None:
        super().__init__()
        stages, sites = cut(tape)
        self.stages, self.sites = nn.ModuleList(stages), nn.ModuleList(sites)
        self.takes = [stage.takes for stage in stages]
        self.style_encoder = style_encoder
        self.margin, self.multiple = margin, multiple

    def style(self, picture: Tensor) -> list[Moments]:
        """The statistics of ``(N, 3, H, W)`` pictures in [0, 1] at each style site."""
        height, width = picture.shape[2:]
        padded = pad(picture, self.margin, self.multiple)
        return [
            self.moments(crop(x, padded, self.margin, height, width))
            for x in self.style_encoder(padded)
        ]

    @staticmethod
    def moments(x: Tensor, eps: float = 1e-5) -> Moments:
        mean, variance = moments(x)
        return Moments(mean, (variance + eps).sqrt())

    def forward(self, content: Tensor, style: Sequence[Moments]) -> Tensor:
        """Paint ``(N, 3, H, W)`` pictures in [0, 1] with the statistics of :meth:`style`."""
        return self._traverse(content, style, lambda site, x: None)

    @torch.no_grad()
    def data_init_(self, content: Tensor, style: Sequence[Moments]) -> None:
        """Move every learned target to the mean of the statistics that arrive at its site.

        A normalizer that is put into a trained network then changes as little as it can: each
        sample is moved to the average one, and the average one stays where it is (data-dependent
        initialization, Salimans & Kingma 2016).

        Args:
            content: some ``(N, 3, H, W)`` pictures in [0, 1].
            style: the statistics that :meth:`style` takes of as many paintings.
        """

        def initialize(site: Site, x: Tensor) -> None:
            if site.kind != "style":
                mean, variance = pooled(site, x)
                site.bias.copy_(mean.mean(0))
                site.weight.copy_((variance + site.eps).sqrt().mean(0))

        self._traverse(content, style, initialize)

    def _traverse(
        self, content: Tensor, style: Sequence[Moments], arrive: Callable[[Site, Tensor], None]
    ) -> Tensor:
        """Paint; ``arrive`` sees every site and the map in front of it before it is normalized."""
        height, width = content.shape[2:]
        padded = pad(content, self.margin, self.multiple)
        targets = iter(style)

        def run(index: int, x: Tensor, affine: Any, aside: Sequence[Tensor]) -> Sequence[Tensor]:
            maps: Sequence[Tensor] = self.stages[index](x, *(affine or (None, None)), *aside)
            return maps

        def normalize(index: int, x: Tensor) -> tuple[Tensor, Tensor]:
            site = self.sites[index]
            assert isinstance(site, Site)
            inside = crop(x, padded, self.margin, height, width)
            arrive(site, inside)
            scale, shift = affine(site, inside, next(targets) if site.kind == "style" else None)
            return scale[:, :, None, None], shift[:, :, None, None]

        x = forward(run, self.takes, padded, normalize)
        return crop(x, padded, self.margin, height, width)


def pooled(site: Site, x: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and variance, ``(N, C)`` each, that a site sees: equal within each of its groups."""
    mean, variance = moments(x)
    if site.groups == site.channels:
        return mean, variance
    by_group = mean.view(len(mean), site.groups, -1)
    centre = by_group.mean(2, keepdim=True)
    spread = variance.view_as(by_group) + (by_group - centre).square()
    variance = spread.mean(2, keepdim=True).expand_as(by_group).reshape_as(mean)
    return centre.expand_as(by_group).reshape_as(mean), variance


def affine(site: Site, x: Tensor, style: Moments | None) -> tuple[Tensor, Tensor]:
    """The scale and shift, ``(N, C)`` each, that take the map to the site's target statistics."""
    mean, variance = pooled(site, x)
    positions = x.shape[2] * x.shape[3] * (site.channels // site.groups)
    target = style if style is not None else Moments(site.bias, site.weight)
    return adain(mean, variance, target.mean, target.std, eps=site.eps, positions=positions)


def pad(picture: Tensor, margin: int, multiple: int) -> Tensor:
    """Reflect ``margin`` pixels around a picture, at right and bottom on to a full ``multiple``.

    Pictures smaller than the margin are reflected again and again.
    """
    rows = _reflected(picture.shape[2], margin, multiple, picture.device)
    columns = _reflected(picture.shape[3], margin, multiple, picture.device)
    return picture[:, :, rows][:, :, :, columns]


def _reflected(size: int, margin: int, multiple: int, device: torch.device) -> Tensor:
    period = max(2 * size - 2, 1)
    positions = torch.arange(-margin, size + margin + -size % multiple, device=device) % period
    return torch.minimum(positions, period - positions)


def crop(x: Tensor, padded: Tensor, margin: int, height: int, width: int) -> Tensor:
    """The part of a map, at whatever resolution, that belongs to the picture inside the margin."""
    return x[:, :, *window(margin, height, width, padded.shape[2] // x.shape[2])]
