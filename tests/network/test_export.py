"""Model folders hold structure in the graphs, values in one file, and nothing of the machine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from styler import Stylizer
from styler.errors import WeightsError
from styler.models import find, shipped
from styler.network import build
from styler.network.export import export
from styler.network.weights import save_tensors
from tests.networks import picture, random_network, write_weights

VARIANTS = [("compact", "batch"), ("compact", "instance"), ("classic-vgg16", "none")]


@pytest.fixture(scope="module", params=["shipped", *VARIANTS], ids=str)
def model(request: pytest.FixtureRequest, random_model: Callable[[str, str], Path]) -> Path:
    return shipped() / "default" if request.param == "shipped" else random_model(*request.param)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class TestGraphs:
    def test_hold_no_weights(self, model: Path) -> None:
        spec = find(model).spec
        for file in spec.tensors:
            graph = onnx.load(model / file, load_external_data=False).graph
            values = [t for t in graph.initializer if t.data_location != onnx.TensorProto.EXTERNAL]
            values += [a.t for n in graph.node for a in n.attribute if n.op_type == "Constant"]
            assert all(np.prod(value.dims) <= 8 for value in values), file
            outside = {t.name for t in graph.initializer} - {value.name for value in values}
            assert outside == set(spec.tensors[file])

    def test_name_tensors_as_torch_does(self, model: Path) -> None:
        spec = find(model).spec
        names = set(build(spec.architecture, norm=spec.norm).state_dict())
        assert {name for used in spec.tensors.values() for name in used} <= names

    def test_say_nothing_of_the_machine(self, model: Path) -> None:
        for path in filter(Path.is_file, model.iterdir()):
            content = path.read_bytes()
            for trace in (b"/tmp", b"/home", b"/root", b"/work", b"site-packages", b".py"):
                assert trace not in content, (path.name, trace)

    def test_are_small(self, model: Path) -> None:
        assert sum(path.stat().st_size for path in model.glob("*.onnx")) < 60_000

    def test_are_valid(self, model: Path) -> None:
        for path in model.glob("*.onnx"):
            graph = onnx.load(path, load_external_data=False)
            assert {o.domain for o in graph.opset_import} == {""}
            assert not graph.functions

    @pytest.mark.parametrize("size", [(24, 24), (41, 90)])
    def test_take_any_size(self, model: Path, size: tuple[int, int]) -> None:
        stylizer = Stylizer(model, threads=1)
        painted = stylizer.stylize(picture(*size), picture(32, 40, seed=1))
        assert painted.shape == (*size, 3)


class TestFolder:
    def test_says_what_it_was_made_of(self, random_model: Callable[[str, str], Path]) -> None:
        spec = find(random_model("compact", "batch")).spec
        assert (spec.name, spec.architecture, spec.norm) == ("model", "compact", "batch")
        network = build("compact", norm="batch")
        assert spec.parameters == sum(p.numel() for p in network.parameters())
        assert spec.provenance == {
            "steps": 7,
            "recipe": {"content": "photos", "steps": 7, "encoder": None},
        }

    def test_same_weights_same_bytes(
        self, random_model: Callable[[str, str], Path], tmp_path: Path
    ) -> None:
        first = random_model("classic-vgg16", "none")
        network = random_network("classic-vgg16", "none")
        weights = write_weights(network, tmp_path / "w.safetensors", "classic-vgg16", "none")
        second = export(weights, tmp_path / "model", name="model")
        assert contents(first) == contents(second)

    def test_of_a_model_is_the_model(
        self, random_model: Callable[[str, str], Path], tmp_path: Path
    ) -> None:
        first = random_model("compact", "batch")
        again = export(first / "weights.safetensors", tmp_path / "model")
        assert contents(first) == contents(again)

    def test_says_how_far_each_stage_sees(self, random_model: Callable[[str, str], Path]) -> None:
        spec = find(random_model("compact", "batch")).spec
        assert spec.reach is not None and len(spec.reach) == 1 + len(spec.stages)
        assert all(0 < reach <= 64 and reach % spec.multiple == 0 for reach in spec.reach)


class TestRefusal:
    def test_weights_that_do_not_say_what_they_are(self, tmp_path: Path) -> None:
        save_tensors(build("compact").state_dict(), tmp_path / "w.safetensors", {})
        with pytest.raises(WeightsError, match="does not say its architecture; give"):
            export(tmp_path / "w.safetensors", tmp_path / "model")

    def test_weights_of_another_architecture(self, tmp_path: Path) -> None:
        path = write_weights(build("compact"), tmp_path / "w.safetensors", "classic", "none")
        with pytest.raises(WeightsError, match="another architecture"):
            export(path, tmp_path / "model")
        assert not (tmp_path / "model").exists()

    def test_missing_and_damaged(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="cannot read"):
            export(tmp_path / "none.safetensors", tmp_path / "model")
        (tmp_path / "bad.safetensors").write_bytes(b"\xff" * 64)
        with pytest.raises(WeightsError, match="cannot read"):
            export(tmp_path / "bad.safetensors", tmp_path / "model")
