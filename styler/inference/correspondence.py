"""For each patch of a picture the patch of a painting that stands for it.

A nearest-neighbour field as in PatchMatch (Barnes et al., SIGGRAPH 2009), but found from large
patches to small ones, each looked for everywhere; and coherent (Ashikhmin, "Synthesizing natural
textures", I3D 2001): neighbours come from neighbouring places of the painting where that costs
little. So what is flat is made of large pieces, with the strokes of the painting whole.
"""

from functools import cache
from itertools import product
from threading import Lock

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from styler.halt import checkpoint

from .patches import CELLS, LEVELS, Patches

__all__ = ["SIDES", "correspond", "hashed", "origins"]

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
NOWHERE = np.intp(1) << 60


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
        coarser = _coherent(wanted, offered, *_alike(wanted, offered, coarser))
    assert coarser is not None
    return coarser


def _alike(
    wanted: Patches, offered: Patches, coarser: Offsets | None
) -> tuple[Offsets, Costs, Costs]:
    """Offsets of the most similar patches, or of the larger ones around where these are as good;
    what they cost, and what a piece of its own costs beyond that."""
    rows, columns, _ = wanted.descriptors.shape
    here = origins(wanted.side, rows, columns)
    offsets, costs = np.zeros_like(here), np.full((rows, columns), np.inf, np.float32)
    leaving = np.float32(0)
    if coarser is not None:
        leaving = np.float32(LEAVE * UNIT)
        larger = _larger(coarser, (rows, columns))
        each = np.stack([_cost(wanted.descriptors, offered, here + one) for one in larger])
        best = each.argmin(0)[None]
        offsets = np.take_along_axis(larger, best[..., None], 0)[0]
        costs = np.take_along_axis(each, best, 0)[0]
    alone = np.zeros_like(costs)
    at = np.nonzero(costs >= leaving)  # to leave the others costs more than they do
    places = _nearest(wanted, at, offered)
    found = _cost(wanted.descriptors[at], offered, places)
    better = found + leaving <= costs[at]
    at = at[0][better], at[1][better]
    offsets[at], costs[at], alone[at] = places[better] - here[at], found[better], leaving
    return offsets, costs, alone


def _nearest(wanted: Patches, at: tuple[Offsets, ...], offered: Patches) -> Offsets:
    """Where the patches most similar to those at some rows and columns begin, ``(N, 2)``."""
    _, columns, size = wanted.descriptors.shape
    every = offered.descriptors.reshape(-1, size)
    half = np.square(every).sum(1) / 2
    hidden = ~offered.seen.ravel()
    half[hidden] = HIDDEN
    every = np.where(hidden[:, None], np.float32(0), every)
    # A product of matrices with one more column gives half of what squared differences have of
    # these patches.
    against = np.ascontiguousarray(np.concatenate([-every, half[:, None]], 1).T)
    parts = np.pad(wanted.descriptors[at], ((0, 0), (0, 1)), constant_values=1)
    number = at[0] * columns + at[1]
    chance = _chance(wanted.seen.size * STRIDE + len(half))
    chance = sliding_window_view(chance, len(half))[::STRIDE]
    found = np.empty(len(parts), np.intp)
    costs = np.empty((AT_ONCE, len(half)), np.float32)
    for start in range(0, len(found), AT_ONCE):
        checkpoint()
        part = parts[start : start + AT_ONCE]
        # Products as flat as these take up to ten times as long where several threads share them.
        with ALONE, _blas().limit(limits=1, user_api="blas"):
            here = np.matmul(part, against, out=costs[: len(part)])
        here += chance[number[start : start + len(part)]]
        found[start : start + AT_ONCE] = here.argmin(1)
    return np.stack(np.divmod(found, offered.descriptors.shape[1]), -1) * offered.step


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


def _chance(count: int) -> Costs:
    """Whole numbers without order, the same ones on every machine."""
    bits = hashed(np.arange(count, dtype=np.uint32)) >> np.uint32(8)
    costs: Costs = (bits % np.uint32(CHANCE * UNIT / 2)).astype(np.float32)
    return costs


def hashed(bits: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Numbers without order, by a 32-bit hash's finalizer; 0 of 0."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    return bits


def _cost(wanted: Costs, offered: Patches, places: Offsets) -> Costs:
    """Squared differences of descriptors from those at some places; infinite where none are."""
    rows, columns = offered.seen.shape
    row, column = places[..., 0] // offered.step, places[..., 1] // offered.step
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    place = np.where(inside, row * columns + column, 0)
    differences = offered.descriptors.reshape(rows * columns, -1).take(place, 0)
    differences -= wanted
    costs: Costs = np.einsum("...k,...k->...", differences, differences)
    costs[~(inside & offered.seen.take(place))] = np.inf
    return costs


def _larger(coarser: Offsets, shape: tuple[int, int]) -> Offsets:
    """The offsets of the four larger patches around each centre of a patch, ``(4, *shape, 2)``."""
    rows, columns = (
        [((np.arange(count) + more) // 2).clip(0, limit - 1) for more in (0, 2)]
        for count, limit in zip(shape, coarser.shape[:2], strict=True)
    )
    return np.stack([coarser[row[:, None], column] for row, column in product(rows, columns)])


def _coherent(
    wanted: Patches, offered: Patches, offsets: Offsets, costs: Costs, alone: Costs
) -> Offsets:
    """Offsets of which patches have followed neighbours where that makes all cheaper.

    Iterated conditional modes on a checkerboard, so that no order of patches counts. Only what is
    beside a change is looked at again.
    """
    rows, columns, _ = wanted.descriptors.shape
    wide = columns + 2  # one more patch all around, which is nowhere; all by one number
    number = np.pad(np.arange(rows * columns).reshape(rows, columns), 1, constant_values=-1).ravel()
    inner = np.nonzero(number >= 0)[0]
    offsets = np.pad(offsets, ((1, 1), (1, 1), (0, 0))).reshape(-1, 2)
    keys = np.where(number < 0, NOWHERE, _key(offsets))
    around = np.array([y * wide + x for y, x in _AROUND])[:, None]
    apart = _key(wanted.step * np.array(_AROUND))[:, None]
    descriptors = wanted.descriptors.reshape(len(inner), -1)
    costs, alone = costs.ravel(), alone.ravel()
    here = origins(wanted.side, rows, columns).reshape(-1, 2)
    colour, due = np.indices((rows + 2, wide)).sum(0).ravel() % 2, number >= 0
    for turn in range(PASSES):
        checkpoint()
        at = np.nonzero(due & (colour == turn % 2))[0]
        one, beside, due[at] = number[at], at + around, False
        own, follow = keys[at], keys[beside]
        repeat = follow + apart
        alone[one] *= (follow != own).all(0)
        new = (follow != own) & (follow != NOWHERE)
        for later in range(1, len(around)):
            new[later] &= (follow[later] != follow[:later]).all(0)
        way, which = np.nonzero(new)
        places = here[one[which]] + offsets[beside[way, which]]
        cost, total = np.full((2, *follow.shape), np.inf, np.float32)
        cost[way, which] = _cost(descriptors[one[which]], offered, places)
        total[way, which] = cost[way, which] + _beside(
            follow[way, which], follow[:, which], repeat[:, which]
        )
        best = total.argmin(0)
        better = np.nonzero(
            total[best, np.arange(len(at))] < costs[one] + alone[one] + _beside(own, follow, repeat)
        )[0]
        at, one, best = at[better], one[better], best[better]
        offsets[at], keys[at] = offsets[beside[best, better]], follow[best, better]
        costs[one], alone[one] = cost[best, better], 0
        due[at + around] = True
        due &= number >= 0
    return offsets[inner].reshape(rows, columns, 2)


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
