"""For each patch of a picture the patch of a painting that stands for it.

A nearest-neighbour field as in PatchMatch (Barnes et al., SIGGRAPH 2009), but found from large
patches to small ones, each looked for everywhere; and coherent (Ashikhmin, "Synthesizing natural
textures", I3D 2001): neighbours come from neighbouring places of the painting where that costs
little. So what is flat is made of large pieces, with the strokes of the painting whole.
"""

from functools import cache
from threading import Lock

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from styler.halt import checkpoint

from .patches import CELLS, LEVELS, Patches

__all__ = ["SIDES", "correspond", "origins"]

Offsets = NDArray[np.intp]
Costs = NDArray[np.float32]
Keys = NDArray[np.intp]

SIDES = 64, 32, 16
"""Of patches in pixels, from the coarsest to the finest; each overlaps the next by half."""

LEAVE, APART, REPEAT = 0.008, 0.003, 0.02
"""What a patch must gain by leaving the larger piece it lies in, by each of its eight neighbours
that it leaves, and by each that comes from the very same place: mean squares of cells' colours."""

CHANCE, STRIDE = 0.006, 37
"""How much worse a patch may be and still be taken now and then, so that equal ones take different
places; and how far the order of chance moves on from one to the next."""

PASSES = 10
"""Over all patches, half of them at a time, in which they may follow a neighbour."""

HIDDEN = np.float32(1 << 22)
"""More than any patch costs that is seen, and small enough for exact sums."""

UNIT = LEVELS**2 * 3 * CELLS**2
"""A mean square of 1 as a sum over cells."""

AT_ONCE = 128
"""Patches that are compared with all of the painting's."""

ALONE = Lock()
"""A limit of threads holds for the process, and is taken back by who set it: for one product, so
that small pictures need not wait until a large one has all of its patches."""

_AROUND = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
NOWHERE = 1 << 15


def origins(side: int, rows: int, columns: int) -> Offsets:
    """Where the patches of a picture begin, ``(rows, columns, 2)``: half a patch before it."""
    grid = np.indices((rows, columns)).transpose(1, 2, 0)
    return (grid - 1) * (side // 2)


def correspond(picture: list[Patches], painting: list[Patches]) -> Offsets:
    """From where in a picture to where in a painting, ``(rows, columns, 2)`` pixels down, across.

    Args:
        picture: its patches of each of :data:`SIDES`, half a side apart, from half a side before
            its first pixel.
        painting: its patches, of the same sides.

    Returns:
        Offsets of the finest patches.
    """
    coarser: Offsets | None = None
    for wanted, offered in zip(picture, painting, strict=True):
        here = origins(wanted.side, *wanted.descriptors.shape[:2])
        offsets = _nearest(wanted, offered) - here
        costs = _cost(wanted.descriptors, offered, here + offsets)
        alone = np.zeros_like(costs)  # what a piece of its own costs beyond that
        if coarser is not None:
            alone[:] = LEAVE * UNIT
            for candidate in _larger(coarser, here.shape[:2]):
                cost = _cost(wanted.descriptors, offered, here + candidate)
                better = cost < costs + alone
                offsets[better], costs[better], alone[better] = candidate[better], cost[better], 0
        coarser = _coherent(wanted, offered, here, offsets, costs, alone)
    assert coarser is not None
    return coarser


def _nearest(wanted: Patches, offered: Patches) -> Offsets:
    """Where the most similar patches of all begin."""
    rows, columns, size = wanted.descriptors.shape
    every = offered.descriptors.reshape(-1, size)
    half = np.square(every).sum(1) / 2
    hidden = ~offered.seen.ravel()
    half[hidden] = HIDDEN
    every = np.where(hidden[:, None], np.float32(0), every)
    # A product of matrices with one more column gives half of what squared differences have of
    # these patches.
    against = np.ascontiguousarray(np.concatenate([-every, half[:, None]], 1).T)
    parts = np.pad(wanted.descriptors.reshape(-1, size), ((0, 0), (0, 1)), constant_values=1)
    found = np.empty(rows * columns, np.intp)
    chance = sliding_window_view(_chance(len(found) * STRIDE + len(half)), len(half))[::STRIDE]
    costs = np.empty((AT_ONCE, len(half)), np.float32)
    for start in range(0, len(found), AT_ONCE):
        checkpoint()
        part = parts[start : start + AT_ONCE]
        # Products as flat as these take up to ten times as long where several threads share them.
        with ALONE, _blas().limit(limits=1, user_api="blas"):
            here = np.matmul(part, against, out=costs[: len(part)])
        here += chance[start : start + len(part)]
        found[start : start + AT_ONCE] = here.argmin(1)
    places = np.divmod(found.reshape(rows, columns), offered.descriptors.shape[1])
    return np.stack(places, -1) * offered.step


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _chance(count: int) -> Costs:
    """Whole numbers without order, the same ones on every machine."""
    bits = np.arange(count, dtype=np.uint32)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):  # finalizer of a 32-bit hash
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    costs: Costs = ((bits >> np.uint32(8)) % np.uint32(CHANCE * UNIT / 2)).astype(np.float32)
    return costs


def _cost(wanted: Costs, offered: Patches, places: Offsets) -> Costs:
    """Squared differences of descriptors from those at some places; infinite where none are."""
    rows, columns = offered.seen.shape
    row, column = np.moveaxis(places // offered.step, -1, 0)
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    place = row.clip(0, rows - 1), column.clip(0, columns - 1)
    costs: Costs = np.square(wanted - offered.descriptors[place]).sum(-1)
    costs[~(inside & offered.seen[place])] = np.inf
    return costs


def _larger(coarser: Offsets, shape: tuple[int, ...]) -> list[Offsets]:
    """The offsets of the four larger patches around each centre of a patch."""
    found = []
    for down in (0, 1):
        for right in (0, 1):
            row, column = (
                np.clip((np.arange(count) + more) // 2, 0, limit - 1)
                for count, more, limit in zip(
                    shape, (2 * down, 2 * right), coarser.shape[:2], strict=True
                )
            )
            found.append(coarser[row[:, None], column])
    return found


def _coherent(
    wanted: Patches,
    offered: Patches,
    here: Offsets,
    offsets: Offsets,
    costs: Costs,
    alone: Costs,
) -> Offsets:
    """Offsets of which patches have followed neighbours where that makes all cheaper.

    Iterated conditional modes on a checkerboard, so that no order of patches counts.
    """
    rows, columns = costs.shape
    colour = np.indices(costs.shape).sum(0) % 2
    for turn in range(PASSES):
        checkpoint()
        padded = np.pad(offsets, ((1, 1), (1, 1), (0, 0)), constant_values=NOWHERE)
        around = [padded[y : y + rows, x : x + columns] for y, x in np.add(_AROUND, 1)]
        follow = np.stack([_key(one) for one in around])
        repeat = follow + _key(wanted.step * np.array(_AROUND))[:, None, None]
        own, mine = _key(offsets), colour == turn % 2
        alone[mine & (follow == own).any(0)] = 0
        totals = costs + alone + _beside(own, follow, repeat)
        chosen = offsets.copy()
        for number, candidate in enumerate(around):
            key = follow[number]
            new = (key != own) & (candidate[..., 0] != NOWHERE) & (key != follow[:number]).all(0)
            row, column = at = np.nonzero(mine & new)
            cost = _cost(wanted.descriptors[at], offered, here[at] + candidate[at])
            total = cost + _beside(key[at], follow[:, row, column], repeat[:, row, column])
            better = total < totals[at]
            at = row[better], column[better]
            totals[at], costs[at], alone[at] = total[better], cost[better], 0
            chosen[at] = candidate[at]
        offsets = chosen
    return offsets


def _beside(key: Keys, follow: Keys, repeat: Keys) -> Costs:
    """What offsets cost beside those around them: ``(...)`` keys, and ``(8, ...)`` of those.

    A neighbour with the same offset continues the same piece; one whose offset ends in the same
    place repeats it.
    """
    costs: Costs = (key == repeat).sum(0, np.float32) * np.float32(REPEAT * UNIT)
    costs -= (key == follow).sum(0, np.float32) * np.float32(APART * UNIT)
    return costs


def _key(offsets: Offsets) -> Keys:
    """One number for each offset; their sums are those of offsets."""
    return offsets[..., 0] * (1 << 20) + offsets[..., 1]
