"""A canvas by tiles is the canvas in one piece."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from styler import Stylizer
from styler.errors import ParameterError
from styler.halt import AbandonedError, until
from styler.inference.adain import Affine
from styler.inference.encode import style_statistics
from styler.inference.engine import Engine, EngineName
from styler.inference.padding import Window, padded
from styler.inference.paint import decode
from styler.inference.reach import reaches
from styler.inference.regions import Regions
from styler.inference.tiled import Tiled
from styler.models import ModelSpec, find
from styler.network import Network
from styler.styles import FeatureStats
from tests.networks import picture, random_network

Array = NDArray[Any]
PAINTING, OTHER = picture(60, 83, seed=99), picture(50, 40, seed=98)


class Double:
    """The engine of a torch network in float64."""

    name, threads, tile = "double", 1, 64

    def __init__(self, network: Network) -> None:
        self.network = network.double()

    def encode(self, picture: Array) -> list[Tensor]:
        maps: list[Tensor] = self.network.style_encoder(torch.from_numpy(picture).double())
        return maps

    def run(
        self, stage: int, x: Any, affine: Affine | None, aside: Sequence[Any]
    ) -> Sequence[Tensor]:
        pair = affine.arrays(np.float64) if affine else ()
        scale, shift = map(torch.from_numpy, pair) if pair else (None, None)
        given = [torch.as_tensor(y).double() for y in (x, *aside)]
        maps: Sequence[Tensor] = self.network.stages[stage](given[0], scale, shift, *given[1:])
        return maps

    def statistics(self, x: Tensor, window: Window, mask: Array | None = None) -> FeatureStats:
        return FeatureStats.of(self.fetch(x, window)[0], mask)

    def fetch(self, x: Tensor, window: Window) -> Array:
        part: Array = x[:, :, *window].numpy()
        return part


@cache
def stylizer(model: str | Path, engine: EngineName) -> Stylizer:
    return Stylizer(model, engine=engine, threads=1)


@cache
def double(folder: Path) -> tuple[Engine, tuple[int, ...], ModelSpec]:
    spec = find(folder).spec
    engine = Double(random_network(spec.architecture, spec.norm))
    return engine, reaches(engine, spec), spec


sides = st.integers(1, 300)
masks = st.sampled_from(["none", "two", "only", "transparent"])


def covered(kind: str, photo: Array) -> tuple[Array, dict[str, Any], list[Any]]:
    """A photo, keywords and styles with masks of some kind."""
    height, width = photo.shape[:2]
    across = np.linspace(0, 1, width, dtype=np.float32) * np.ones((height, 1), np.float32)
    left = (across < 0.4).astype(np.float32)  # nothing of it in most tiles
    match kind:
        case "two":
            return photo, {"masks": [across, 1 - across]}, [PAINTING, OTHER]
        case "only":
            return photo, {"only": left}, [PAINTING]
        case "transparent":
            alpha = (255 * left).astype(np.uint8)
            return np.dstack([photo, alpha]), {}, [PAINTING]
        case _:
            return photo, {}, [PAINTING]


class TestTiled:
    @pytest.mark.parametrize("engine", ["onnxruntime", "torch"])
    @settings(deadline=None, max_examples=12)
    @given(sides, sides, st.integers(64, 200), masks, st.sampled_from([0.5, 1.0]))
    def test_paints_what_the_whole_is(
        self, engine: EngineName, height: int, width: int, tile: int, kind: str, strength: float
    ) -> None:
        one = stylizer("default", engine)
        photo, more, paintings = covered(kind, picture(height, width))
        styles = [one.style(painting) for painting in paintings]
        whole = one.stylize(photo, styles, strength=strength, **more)
        tiled = one.stylize(photo, styles, strength=strength, **more, tile=tile)
        assert np.abs(whole.astype(int) - tiled).max() <= 1

    @pytest.mark.parametrize("norm", ["none", "instance"])
    @settings(deadline=None, max_examples=3)
    @given(st.integers(1, 100), st.integers(1, 100), st.sampled_from([24, 64]), st.booleans())
    def test_is_exact(
        self,
        random_model: Callable[[str, str], Path],
        norm: str,
        height: int,
        width: int,
        tile: int,
        masked: bool,
    ) -> None:
        folder = random_model("compact", norm)
        engine, reach, spec = double(folder)
        learned = find(folder).tensors()
        rng = np.random.default_rng((height, width))
        x = rng.random((1, 3, height, width))
        tiled = Tiled(engine, spec, reach, *padded(height, width, spec.margin, spec.multiple), tile)
        share = rng.random((height, width), np.float32)
        regions = Regions((None,) * 2, np.stack([share, 1 - share])) if masked else Regions()  # type: ignore[arg-type]
        targets = [
            style_statistics(engine, spec, rng.random((1, 3, 40, 50))) for _ in range(1 + masked)
        ]
        for a, b in zip(
            style_statistics(tiled, spec, x), style_statistics(engine, spec, x), strict=True
        ):
            np.testing.assert_allclose(a.mean, b.mean, atol=1e-12)
            np.testing.assert_allclose(a.variance, b.variance, atol=1e-12)
        whole, parts = (decode(e, spec, learned, x, targets, regions) for e in (engine, tiled))
        size = max(1.0, np.abs(whole).max())
        assert whole.dtype == np.float64 and np.abs(whole - parts).max() < 1e-9 * size

    def test_may_be_called_off_between_tiles(self) -> None:
        one, asked = stylizer("default", "onnxruntime"), 0

        def called_off() -> bool:
            nonlocal asked
            asked += 1
            return asked > 40

        style = one.style(PAINTING)
        with until(called_off), pytest.raises(AbandonedError):
            one.stylize(picture(300, 300), style, tile=64)  # 16 tiles a stage
        assert asked == 41

    def test_too_small_a_tile_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="tile must be at least 64, not 63"):
            stylizer("default", "onnxruntime").stylize(PAINTING, PAINTING, tile=63)
