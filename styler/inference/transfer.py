"""A painting's own detail on a picture, patch by patch.

Each patch takes the detail of its counterpart in the painting (image analogies, Hertzmann et al.,
SIGGRAPH 2001). Where pieces overlap that do not belong together, their detail is blended so that it
keeps its variance (Heitz & Neyret, "High-performance by-example noise using a histogram-preserving
blending operator", 2018), for a mean would be dull.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .correspondence import SIDES, Offsets, correspond, hashed, origins
from .patches import CELLS, Patches, energy, smooth

__all__ = ["Example", "Subject", "transfer"]

Array = NDArray[np.float32]

STEP = 8
"""Pixels between the painting's patches at least."""

QUIET = 0.2
"""The quantile of a painting's energy at which it is called quiet."""

LOOSE = 3
"""Pixels down and across by which a piece of the painting lies beside its place, at most: pieces
that repeat at whole patches would make a lattice."""

# From faithful to free:
STROKES = 0.95, 1.0
"""How much of the painting's detail is laid on."""
LIMIT = 4.0, 40.0
"""How strong it may become, as a multiple of what it is where the painting is quiet: strokes pass,
inscriptions and outlines fade."""
GROUND = 0.4, 0.7
"""How far what is smooth goes to its counterparts' colours."""
FAR = 0.1, 1.0
"""How far at most: shapes of the painting do not shine through."""
KEPT = 1.25, 0.3
"""How much of the picture's own detail stays."""
CRISP = 0.45, 0.0
"""How much more of it stays of a picture gathered into patches: contours, and no texture."""
RECEDE = 1.75, 0.0
"""How far it makes the painting's recede, by its energy: so a face stays one."""


@dataclass(frozen=True, eq=False)
class Example:
    """A painting, ready to be painted by.

    Attributes:
        layers: ``(H, W, 6)`` float32: its detail, and what is smooth.
        quiet: how strong its detail is where it is quiet.
        patches: of each of the sides.
    """

    layers: Array
    quiet: float
    patches: list[Patches]

    @classmethod
    def of(cls, picture: Array, alpha: Array | None) -> "Example | None":
        """Of ``(3, H, W)`` planes in [0, 1] and ``(1, H, W)`` alpha.

        ``None`` where alpha leaves no patch.
        """
        # Smaller than a patch, it is continued by its mirror image.
        sides = [(0, 0)] + [(0, max(0, SIDES[0] - side)) for side in picture.shape[1:]]
        picture = np.pad(picture, sides, mode="symmetric")
        alpha = None if alpha is None else np.pad(alpha, sides, mode="symmetric")
        shapes = smooth(picture)
        detail = picture - shapes
        busy = energy(detail)
        patches = [
            Patches.of(picture, busy, side, max(STEP, side // CELLS), alpha) for side in SIDES
        ]
        if not patches[-1].seen.any():
            return None
        layers = np.concatenate([detail, shapes]).transpose(1, 2, 0)
        shown = busy if alpha is None else busy[alpha > 0.5]
        rank = int(QUIET * (shown.size - 1))
        quiet = float(np.partition(shown, rank, axis=None)[rank])
        return cls(np.ascontiguousarray(layers), quiet, patches)


@dataclass(frozen=True, eq=False)
class Subject:
    """A picture, ready to be painted on.

    Attributes:
        detail, shapes: ``(3, H, W)``, whose sum it is.
        busy: ``(1, H, W)``, how strong its detail is.
        patches: of each of the sides.
    """

    detail: Array
    shapes: Array
    busy: Array
    patches: list[Patches]
    _counterparts: dict[Example, Offsets] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, picture: Array) -> "Subject":
        """Of ``(3, H, W)`` planes, about [0, 1]."""
        shapes = smooth(picture)
        detail = picture - shapes
        busy = energy(detail)
        return cls(detail, shapes, busy, _patches(picture, busy))

    def counterparts(self, example: Example) -> Offsets:
        """Where in the example; several regions may ask for the same one."""
        if example not in self._counterparts:
            self._counterparts[example] = correspond(self.patches, example.patches)
        return self._counterparts[example]


def transfer(
    subject: Subject,
    examples: Sequence[tuple[Example, float]],
    boldness: float,
    abstraction: float = 0.0,
) -> Array:
    """How the ``(3, H, W)`` of a picture change when it is painted by examples, each with a weight.

    Args:
        subject: the picture.
        examples: with weights of sum 1.
        boldness: in [0, 1], from what is faithful to the picture to what is free.
        abstraction: in [0, 1], how far the picture's texture is gathered into patches.
    """
    height, width = subject.detail.shape[1:]
    strokes, limit, colour, far, kept, crisp, recede = (
        faithful + boldness * (free - faithful)
        for faithful, free in (STROKES, LIMIT, GROUND, FAR, KEPT, CRISP, RECEDE)
    )
    taken, ground = np.zeros_like(subject.detail), np.zeros_like(subject.detail)
    for example, weight in examples:
        layers = _render(example, subject.counterparts(example), height, width)
        taken += np.float32(weight) * _within(layers[:3], limit * example.quiet)
        ground += np.float32(weight) * layers[3:]
    taken /= np.float32(np.sqrt(sum(weight**2 for _, weight in examples)))
    own, others = (np.square(one) for one in (subject.busy, energy(taken)))
    room = np.sqrt(others / (others + np.float32(recede) * own + np.float32(1e-8)))
    change: Array = np.float32(strokes) * room * taken
    change += np.float32(colour) * _within(ground - subject.shapes, far)
    change += np.float32(kept + abstraction * crisp - 1) * subject.detail
    return change


def _within(values: Array, most: float) -> Array:
    """Small values as they are, large ones up to ``most``."""
    scale = np.float32(max(most, 1e-6))
    bounded: Array = scale * np.tanh(values / scale)
    return bounded


def _patches(picture: Array, busy: Array) -> list[Patches]:
    """Those of a picture and half a patch around it, a whole number of the largest."""
    most = SIDES[0] // 2
    sides = [(0, 0)] + [(most, most + -length % SIDES[0]) for length in picture.shape[1:]]
    planes = np.pad(np.concatenate([picture, busy]), sides, mode="symmetric")
    found = []
    for side in SIDES:
        half = side // 2
        inside = slice(most - half, half - most or None)
        part = planes[:, inside, inside]
        found.append(Patches.of(part[:3], part[3:], side, half))
    return found


def _places(example: Example, offsets: Offsets) -> Offsets:
    """Where patches begin in the painting, ``(rows, columns, 2)``: those of an offset, which are
    one piece, moved alike, and what stays where it is, not at all."""
    places = origins(SIDES[-1], *offsets.shape[:2]) + offsets
    if not example.patches[-1].seen.all():
        return places
    bits = hashed((offsets[..., 0] * 7919 + offsets[..., 1]).astype(np.uint32))
    ways = np.stack([bits, bits >> np.uint32(16)], 2).astype(np.intp)
    span = 2 * LOOSE + 1
    limits = np.array(example.layers.shape[:2]) - SIDES[-1]
    moved: Offsets = (places + (ways + LOOSE) % span - LOOSE).clip(0, limits)
    return moved


def _render(example: Example, offsets: Offsets, height: int, width: int) -> Array:
    """Detail and ground, ``(6, height, width)``, of the patches that offsets tell of.

    They lie half a side apart, so four of them cover each square of half a side.
    """
    layers, side = example.layers, SIDES[-1]
    depth = layers.shape[2]
    half, columns = side // 2, offsets.shape[1] - 1
    places = _places(example, offsets)
    pieces = sliding_window_view(layers.reshape(len(layers), -1), (side, side * depth))[:, ::depth]
    rise = (np.sin(np.pi * (np.arange(side) + 0.5) / side) ** 2).astype(np.float32)
    share = rise[:, None] * rise
    strength = _strength(offsets, share)
    whole = np.empty((depth, len(offsets) - 1, half, columns, half), np.float32)
    above: Any = None
    for row, (down, across) in enumerate(np.moveaxis(places, 2, 1)):
        laid = pieces[down, across] * share.repeat(depth, 1)
        laid = laid.reshape(-1, 2, half, 2, half * depth)
        squares = laid[:-1, :, :, 1] + laid[1:, :, :, 0]
        if row:
            square = (above + squares[:, 0]).reshape(columns, half, half, depth)
            whole[:, row - 1] = square.transpose(3, 1, 0, 2)
            whole[:3, row - 1] /= strength[row - 1].swapaxes(0, 1)
        above = squares[:, 1]
    return whole.reshape(depth, -1, columns * half)[:, :height, :width]


def _strength(offsets: Offsets, share: Array) -> Array:
    """The deviation that detail of variance 1 keeps in each square of four patches, ``(rows,
    columns, half, half)``: those of the same offset are one piece, others independent."""
    rows, columns = offsets.shape[0] - 1, offsets.shape[1] - 1
    half = len(share) // 2
    corners = list(np.ndindex(2, 2))
    parts = [share[half * (1 - y) :, half * (1 - x) :][:half, :half] for y, x in corners]
    around = [offsets[y : y + rows, x : x + columns] for y, x in corners]
    kind = np.zeros((rows, columns), np.intp)
    squared = np.square(parts).sum(0)[None]
    for one, other in combinations(range(4), 2):
        both = (around[one] == around[other]).all(2)
        kind += len(squared) * both
        squared = np.concatenate([squared, squared + 2 * parts[one] * parts[other]])
    kept: Array = np.sqrt(squared)[kind]
    return kept
