"""Forward through the stages of a network, whoever runs them and wherever statistics come from.

A stage is a plain piece of the network between two normalization sites. In front of each but the
first, the supplier of statistics sees the map and answers with a scale and a shift. An engine, the
network in training and the export to ONNX are three runners of the same traversal.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

__all__ = ["forward"]

Map = TypeVar("Map", bound=Any)
"""A feature map ``(N, C, H, W)``: a numpy array or a torch tensor."""


def forward(
    run: Callable[[int, Map, Any, Sequence[Map]], Sequence[Map]],
    takes: Sequence[int],
    x: Map,
    normalize: Callable[[int, Map], Any],
) -> Map:
    """The last stage's output.

    Args:
        run: stage number, map, scale and shift (``None`` for stage 0) and the maps that the stage
            takes from the stack, to the new map and those that it puts on the stack.
        takes: how many maps each stage takes.
        x: what enters the first stage.
        normalize: number of a site and the map in front of it, to its scale and shift.
    """
    x, *stack = run(0, x, None, ())
    for index in range(1, len(takes)):
        affine = normalize(index - 1, x)
        kept = len(stack) - takes[index]
        x, *given = run(index, x, affine, stack[kept:])
        stack = [*stack[:kept], *given]
    return x
