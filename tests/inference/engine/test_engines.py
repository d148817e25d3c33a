"""Both engines paint the same pictures, whatever the network's variant and the picture's size."""

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from styler import Style, Stylizer
from styler.errors import MissingDependencyError, ParameterError
from styler.inference.engine import EngineName, create
from styler.inference.engine.onnxruntime import OnnxRuntimeEngine
from styler.models import find
from tests.inference.engine.cases import CASES, PAINTING
from tests.networks import relabel

RandomModel = Callable[[str, str], Path]


@pytest.fixture(
    scope="module",
    params=["shipped", "batch", "instance", "group", "sample_layer", "classic-vgg16"],
)
def model(
    request: pytest.FixtureRequest,
    random_model: RandomModel,
    tmp_path_factory: pytest.TempPathFactory,
) -> str | Path:
    """The shipped model (whose norm is none), every norm variant, and the classic architecture."""
    match request.param:
        case "shipped":
            return "default"
        case "classic-vgg16":
            return random_model("classic-vgg16", "none")
        case "group" | "sample_layer" as norm:
            folder = tmp_path_factory.mktemp(norm) / "model"
            copytree(random_model("compact", "instance"), folder)
            relabel(folder, norm)
            return folder
        case norm:
            return random_model("compact", norm)


@pytest.fixture(scope="module")
def pair(model: str | Path) -> tuple[Stylizer, Stylizer]:
    return Stylizer(model, threads=1), Stylizer(model, engine="torch", threads=1)


@pytest.fixture(scope="module")
def style(pair: tuple[Stylizer, Stylizer]) -> Style:
    return pair[0].style(PAINTING)


class TestBothEngines:
    """The same cases on both engines."""

    def test_name_themselves(self, pair: tuple[Stylizer, Stylizer]) -> None:
        assert [stylizer.info.engine for stylizer in pair] == ["onnxruntime", "torch"]
        assert pair[0].info.sha256 == pair[1].info.sha256

    def test_see_the_same_style(self, pair: tuple[Stylizer, Stylizer]) -> None:
        for a, b in zip(*(stylizer.style(PAINTING).statistics for stylizer in pair), strict=True):
            size = np.sqrt(a.variance) + 1e-2
            np.testing.assert_array_less(np.abs(a.mean - b.mean) / size, 1e-3)
            np.testing.assert_allclose(np.sqrt(a.variance), np.sqrt(b.variance), 1e-3, 1e-4)

    def test_paint_within_one_level(self, pair: tuple[Stylizer, Stylizer], style: Style) -> None:
        worst = {}
        for photo, strength in CASES:
            first, second = (s.stylize(photo, style, strength=strength) for s in pair)
            assert first.shape == second.shape == photo.shape
            worst[photo.shape[:2]] = int(np.abs(first.astype(int) - second).max())
        assert max(worst.values()) <= 1, worst

    def test_paint_something(self, pair: tuple[Stylizer, Stylizer], style: Style) -> None:
        """Agreement of blank pictures would say little."""
        photo = CASES[17][0]
        for stylizer in pair:
            painted = stylizer.stylize(photo, style)
            assert painted.std() > 4
            assert np.abs(painted.astype(int) - photo).mean() > 2


class TestCreate:
    def test_auto_is_onnxruntime(self) -> None:
        assert isinstance(create(find("default"), threads=1), OnnxRuntimeEngine)

    def test_unknown_name(self) -> None:
        with pytest.raises(ParameterError, match="unknown engine 'tensorflow'; use auto"):
            create(find("default"), "tensorflow")  # type: ignore[arg-type]

    @pytest.mark.parametrize("name", ["auto", "torch"])
    def test_needs_a_thread(self, name: EngineName) -> None:
        with pytest.raises(ParameterError, match="threads must be at least 1, not 0"):
            create(find("default"), name, threads=0)

    def test_torch_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        monkeypatch.delitem(sys.modules, "styler.network.engine", raising=False)
        monkeypatch.setitem(sys.modules, "torch", None)
        with pytest.raises(MissingDependencyError, match=r'torch.*pip install "styler\[train\]"'):
            create(find("default"), "torch")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("bfc_arena.cc:360 Failed to allocate memory for requested buffer of size 9", MemoryError),
        ("running ReorderOutput node. Status Message: std::bad_alloc", MemoryError),
        ("Got invalid dimensions for input", RuntimeError),
    ],
)
def test_too_little_memory_is_told_from_other_failures(said: str, kind: type[Exception]) -> None:
    class Session:
        def get_inputs(self) -> list[object]:
            return []

        def run(self, *_: object) -> None:
            raise RuntimeError(said)

    with pytest.raises(kind):
        OnnxRuntimeEngine._run(Session(), [])  # type: ignore[arg-type]
