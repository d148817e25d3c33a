"""The engine's way through exported stages is the torch network's own forward pass."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from styler.errors import StylerError
from styler.inference.encode import style_statistics
from styler.inference.engine import Engine, create
from styler.inference.padding import pad, window
from styler.inference.paint import decode
from styler.inference.regions import Regions
from styler.models import Model, find
from styler.network import Network, build
from styler.network.network import crop
from styler.network.network import pad as torch_pad
from styler.styles import FeatureStats
from tests.networks import picture

SIZES = [(1, 1), (1, 40), (3, 70), (16, 16), (17, 31), (45, 64)]


def as_input(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.ascontiguousarray(
        picture(height, width, seed).transpose(2, 0, 1)[None] / np.float32(255)
    )


@pytest.fixture(scope="module", params=["batch", "instance"])
def model(request: pytest.FixtureRequest, random_model: Callable[[str, str], Path]) -> Model:
    return find(random_model("compact", request.param))


@pytest.fixture(scope="module")
def engine(model: Model) -> Engine:
    return create(model, "onnxruntime", 1)


@pytest.fixture(scope="module")
def network(model: Model) -> Network:
    network = build(model.spec.architecture, norm=model.spec.norm).eval().requires_grad_(False)
    network.load_state_dict({name: torch.from_numpy(t) for name, t in model.tensors().items()})
    return network


class TestForward:
    @pytest.mark.parametrize("size", SIZES)
    def test_equals_the_network(
        self, model: Model, engine: Engine, network: Network, size: tuple[int, int]
    ) -> None:
        photo, painting = as_input(*size, seed=2), as_input(33, 47, seed=1)
        style = style_statistics(engine, model.spec, painting)
        expected_style = network.style(torch.from_numpy(painting))
        for stats, moments in zip(style, expected_style, strict=True):
            np.testing.assert_allclose(stats.mean, moments.mean[0].numpy(), rtol=1e-3, atol=1e-4)
            std = np.sqrt(stats.variance + 1e-5)
            np.testing.assert_allclose(std, moments.std[0].numpy(), rtol=1e-3, atol=1e-4)
        painted = decode(engine, model.spec, model.tensors(), photo, [style])
        expected = network(torch.from_numpy(photo), expected_style).numpy()
        assert painted.shape == photo.shape
        assert np.abs(painted - expected).max() < 2e-3 * max(1.0, np.abs(expected).max())

    def test_a_mask_of_ones_is_no_mask(self, model: Model, engine: Engine) -> None:
        photo, style = as_input(21, 30), style_statistics(engine, model.spec, as_input(20, 20))
        plain = decode(engine, model.spec, model.tensors(), photo, [style])
        ones = Regions(alpha=np.ones((21, 30), np.float32))
        masked = decode(engine, model.spec, model.tensors(), photo, [style], ones)
        np.testing.assert_allclose(masked, plain, atol=1e-4)

    def test_a_mask_changes_what_counts(self, model: Model, engine: Engine) -> None:
        photo, style = as_input(32, 32), style_statistics(engine, model.spec, as_input(20, 20))
        half = np.zeros((32, 32), np.float32)
        half[:, :16] = 1
        plain = decode(engine, model.spec, model.tensors(), photo, [style])
        masked = decode(engine, model.spec, model.tensors(), photo, [style], Regions(alpha=half))
        assert np.abs(masked - plain).max() > 1e-2

    def test_masked_style_is_the_style_of_what_is_left(self, model: Model, engine: Engine) -> None:
        """At the finest site the interior of a half lies out of reach of the other half."""
        painting = as_input(40, 64)
        left = np.zeros((40, 64), np.float32)
        left[:, :32] = 1
        masked = style_statistics(engine, model.spec, painting, left)
        other = painting.copy()
        other[..., 32:] = 0.5
        assert masked[3].count == pytest.approx(10 * 8)
        changed = style_statistics(engine, model.spec, other, left)
        whole = style_statistics(engine, model.spec, painting)
        to_changed = np.abs(masked[3].mean - changed[3].mean).max()
        assert to_changed < 0.3 * np.abs(masked[3].mean - whole[3].mean).max()


class TestGeometry:
    @pytest.mark.parametrize("height", [1, 2, 3, 7, 8, 15, 16, 17, 40])
    @pytest.mark.parametrize("width", [1, 2, 5, 8, 33])
    def test_both_frames_are_the_same(self, height: int, width: int) -> None:
        x = as_input(height, width)
        framed = pad(x, 16, 8)
        np.testing.assert_array_equal(framed, torch_pad(torch.from_numpy(x), 16, 8).numpy())
        assert framed.shape[2] % 8 == framed.shape[3] % 8 == 0
        np.testing.assert_array_equal(framed[:, :, *window(16, height, width, 1)], x)

    def test_frame_reflects_without_repeating_the_edge(self) -> None:
        row = np.arange(4, dtype=np.float32).reshape(1, 1, 1, 4)
        np.testing.assert_array_equal(pad(row, 4, 4)[0, 0, 0], [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1])

    @pytest.mark.parametrize("factor", [1, 2, 4, 8])
    @pytest.mark.parametrize("size", [(1, 1), (7, 9), (16, 17), (24, 40)])
    def test_window_is_what_training_looks_at(self, factor: int, size: tuple[int, int]) -> None:
        framed = torch_pad(torch.zeros(1, 1, *size), 16, 8)
        x = torch.arange(framed[0, 0, ::factor, ::factor].numel()).float()
        x = x.view(1, 1, framed.shape[2] // factor, -1)
        expected = crop(x, framed, 16, *size)
        np.testing.assert_array_equal(x[:, :, *window(16, *size, factor)].numpy(), expected)
        assert expected.shape[2:] == (-(-size[0] // factor), -(-size[1] // factor))


class TestReducedMask:
    """What the engine gets of a mask at a site, seen through an engine that only records."""

    class Recorder:
        name, threads = "recorder", 1

        def __init__(self, factor: int) -> None:
            self.factor, self.masks = factor, list[np.ndarray]()

        def encode(self, x: np.ndarray) -> list[np.ndarray]:
            return [x[:, :, :: self.factor, :: self.factor]]

        def statistics(self, x: np.ndarray, inside: object, mask: np.ndarray) -> FeatureStats:
            self.masks.append(mask)
            return FeatureStats.of(x[0])

    @pytest.mark.parametrize("factor", [1, 2, 8])
    @pytest.mark.parametrize("size", [(16, 16), (13, 9), (1, 30)])
    def test_cells_hold_the_mean_of_their_pixels(
        self, model: Model, factor: int, size: tuple[int, int]
    ) -> None:
        mask = np.random.default_rng(0).random(size, np.float32)
        recorder = self.Recorder(factor)
        style_statistics(recorder, model.spec, as_input(*size), mask)  # type: ignore[arg-type]
        (reduced,) = recorder.masks
        rows, columns = (range(0, side, factor) for side in size)
        expected = [[mask[r : r + factor, c : c + factor].mean() for c in columns] for r in rows]
        np.testing.assert_allclose(reduced, expected, rtol=1e-5)


def test_values_that_are_no_numbers_are_told(model: Model, engine: Engine) -> None:
    from styler import Stylizer

    stylizer = Stylizer(model.folder, threads=1)
    sound = stylizer.style(picture(20, 20))
    broken = [FeatureStats(s.count, s.mean * np.inf, s.variance) for s in sound.statistics]
    style = replace(sound, statistics=tuple(broken))
    with np.errstate(all="ignore"), pytest.raises(StylerError, match="not numbers"):
        stylizer.stylize(picture(16, 16), style)
