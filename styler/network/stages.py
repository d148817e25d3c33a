"""A network written as a tape of operations, cut into stages at its normalization sites.

A plain ``nn.Module`` works on one tensor. Four more operations make a tape: ``Save`` puts the
tensor aside, ``Add`` adds what was last put aside, ``Site`` marks where statistics are taken and a
scale and a shift per channel are applied, ``Tap`` hands a copy out. Residual blocks, long skips and
normalizers inside blocks are then all the same thing, and cutting the tape at every ``Site`` leaves
pieces without hidden statistics.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

__all__ = ["Add", "Save", "Site", "SiteKind", "Stage", "StyleEncoder", "Tap", "cut", "residual"]

SiteKind = Literal["style", "instance", "group", "sample_layer"]


class Save(nn.Module):
    """Put the tensor aside for a later ``Add``."""


class Add(nn.Sequential):
    """Add the tensor that was last put aside, through a few layers of its own."""


class Tap(nn.Sequential):
    """Hand out the tensor through a few layers of its own: the style of style site ``site``."""

    def __init__(self, site: int, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.site = site


class Site(nn.Module):
    """Where a feature map is normalized by its own statistics.

    Args:
        channels: of the map.
        kind: ``"style"`` moves the statistics to the style's (AdaIN, Huang & Belongie 2017);
            ``"instance"``, ``"group"`` and ``"sample_layer"`` to a learned weight and bias per
            channel, with statistics per channel, per group of channels, or over the whole sample.
        groups: of a ``"group"`` site.
        eps: added to every variance before its root.
    """

    def __init__(
        self,
        channels: int,
        kind: SiteKind = "style",
        *,
        groups: int = 8,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        self.channels, self.kind, self.eps = channels, kind, eps
        self.groups = {"style": channels, "instance": channels, "group": groups, "sample_layer": 1}[
            kind
        ]
        if kind != "style":
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def extra_repr(self) -> str:
        return f"{self.channels}, {self.kind}, groups={self.groups}"


class Stage(nn.Module):
    """The plain piece of a network between two sites.

    ``forward(x, scale, shift, *aside)`` applies the site in front of it, ``x * scale + shift`` with
    ``(N, C, 1, 1)`` each (both ``None`` for the first stage), then its operations, and returns the
    new ``x`` followed by the maps it puts aside. Of the maps put aside before it takes the last
    ``takes``, as ``aside``.
    """

    def __init__(self, operations: Sequence[nn.Module]) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations)
        depth = self.takes = 0
        for operation in operations:
            depth += isinstance(operation, Save) - isinstance(operation, Add)
            self.takes = max(self.takes, -depth)

    def forward(
        self, x: Tensor, scale: Tensor | None, shift: Tensor | None, *aside: Tensor
    ) -> tuple[Tensor, ...]:
        if scale is not None and shift is not None:
            x = torch.addcmul(shift.to(x.dtype), x, scale.to(x.dtype))
        stack = list(aside)
        return (_run(self.operations, x, stack, {}), *stack)


class StyleEncoder(nn.Module):
    """A tape with taps: the maps whose statistics are the style, in the style sites' order."""

    def __init__(self, operations: Sequence[nn.Module]) -> None:
        super().__init__()
        self.operations = nn.ModuleList(operations)

    def forward(self, x: Tensor) -> list[Tensor]:
        maps: dict[int, Tensor] = {}
        _run(self.operations, x, [], maps)
        return [maps[site] for site in sorted(maps)]


def _run(
    operations: Iterable[nn.Module], x: Tensor, stack: list[Tensor], maps: dict[int, Tensor]
) -> Tensor:
    """What comes out of a piece of tape, with what it puts on the stack and hands out by site."""
    for operation in operations:
        if isinstance(operation, Save):
            stack.append(x)
        elif isinstance(operation, Add):
            x = x + operation(stack.pop())
        elif isinstance(operation, Tap):
            maps[operation.site] = operation(x)
        else:
            x = operation(x)
    return x


def cut(tape: Iterable[nn.Module]) -> tuple[list[Stage], list[Site]]:
    """Cut a tape at its sites: ``n + 1`` stages and the ``n`` sites between them."""
    pieces: list[list[nn.Module]] = [[]]
    sites: list[Site] = []
    for operation in tape:
        if isinstance(operation, Site):
            sites.append(operation)
            pieces.append([])
        else:
            pieces[-1].append(operation)
    return [Stage(piece) for piece in pieces], sites


def residual(*body: nn.Module) -> list[nn.Module]:
    """``x + body(x)`` as a piece of tape (He et al. 2016)."""
    return [Save(), *body, Add()]
