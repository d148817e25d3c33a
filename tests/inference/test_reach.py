"""How far stages see, and that of a network that sees everything."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from styler.errors import WeightsError
from styler.inference.adain import Affine
from styler.inference.padding import Window
from styler.inference.reach import reaches
from styler.models import ModelSpec, find

Array = NDArray[Any]


class Means:
    """An engine of one stage and an encoder that take the mean of a square around each pixel."""

    name, threads, tile = "means", 1, 64

    def __init__(self, radius: int) -> None:
        self.radius = radius

    def encode(self, picture: Array) -> list[Array]:
        return [picture]

    def run(self, _: int, x: Array, affine: Affine | None, aside: Sequence[Array]) -> list[Array]:
        sides = [(0, 0), (0, 0), (self.radius,) * 2, (self.radius,) * 2]
        width = 2 * self.radius + 1
        framed = np.pad(x, sides, mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(framed, (width, width), (2, 3))
        return [windows.max((-2, -1))]

    def statistics(self, *_: object) -> Any:
        raise NotImplementedError

    def fetch(self, x: Array, window: Window) -> Array:
        return x[:, :, *window]


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    spec = find("default").spec
    return replace(spec, sites=(), stages=spec.stages[:1], multiple=4)


@pytest.mark.parametrize(("radius", "reach"), [(0, 0), (1, 4), (4, 4), (5, 8)])
def test_is_rounded_to_cells(spec: ModelSpec, radius: int, reach: int) -> None:
    assert reaches(Means(radius), spec) == (0, reach)


def test_who_sees_everything_is_told(
    spec: ModelSpec, random_model: Callable[[str, str], Path]
) -> None:
    class Everything(Means):
        def run(self, _: int, x: Array, *__: object) -> list[Array]:
            return [x + x.sum()]

    with pytest.raises(WeightsError, match=r"'default' sees farther than 128 pixels.*\(canvas\)"):
        reaches(Everything(0), spec)
