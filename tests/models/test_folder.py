"""Model folders: found, whole, and refused by name when not."""

from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from styler import Stylizer
from styler.errors import WeightsError
from styler.inference.engine import EngineName
from styler.models import SPEC, ModelSpec, find, models, shipped

FILES = sorted(path.name for path in (shipped() / "default").iterdir() if path.is_file())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    copytree(shipped() / "default", folder, ignore=ignore_patterns("styles"))
    return folder


class TestShipped:
    @pytest.mark.parametrize("name", models())
    def test_every_file_is_right_and_accounted_for(self, name: str) -> None:
        model = find(name)
        for file in model.spec.sha256:
            assert model.read(file)
        graphs = {path.name for path in model.folder.iterdir() if path.is_file()}
        assert graphs == {*model.spec.sha256, SPEC}
        assert model.spec.name == name

    def test_default_is_there(self) -> None:
        assert "default" in models()

    @pytest.mark.parametrize("name", models())
    def test_tensors_count_as_stated(self, name: str) -> None:
        model = find(name)
        tensors = model.tensors()
        assert {t for used in model.spec.tensors.values() for t in used} <= set(tensors)
        assert all(tensor.dtype == "float32" for tensor in tensors.values())


class TestDamage:
    @pytest.mark.parametrize("file", FILES)
    @pytest.mark.parametrize("how", ["missing", "empty", "truncated", "flipped", "longer"])
    def test_of_any_one_file_is_refused_by_name(self, copy: Path, file: str, how: str) -> None:
        path = copy / file
        content = bytearray(path.read_bytes())
        match how:
            case "missing":
                path.unlink()
            case "empty":
                path.write_bytes(b"")
            case "truncated":
                path.write_bytes(content[: len(content) // 2])
            case "flipped":
                content[len(content) // 2] ^= 1
                path.write_bytes(content)
            case _:
                path.write_bytes(content + b"x")
        with pytest.raises(WeightsError) as caught:
            Stylizer(copy, threads=1)
        message = str(caught.value)
        assert len(message.splitlines()) == 1
        assert (str(copy) if how == "missing" and file == SPEC else file) in message

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(position=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
    def test_of_model_json_never_goes_unnoticed(
        self, tmp_path: Path, position: float, flip: int
    ) -> None:
        content = bytearray((shipped() / "default" / SPEC).read_bytes())
        content[int(position * len(content))] ^= flip
        (tmp_path / SPEC).write_bytes(content)
        try:
            spec = ModelSpec.read(tmp_path)
        except WeightsError as error:
            assert len(str(error).splitlines()) == 1
        else:  # nothing but the layout changed
            assert spec == ModelSpec.read(shipped() / "default")

    @pytest.mark.parametrize("file", ["weights.safetensors"])
    @pytest.mark.parametrize("engine", ["onnxruntime", "torch"])
    def test_is_seen_by_both_engines(self, copy: Path, file: str, engine: EngineName) -> None:
        (copy / file).write_bytes(b"\0" * 100)
        with pytest.raises(WeightsError, match=file):
            Stylizer(copy, engine=engine, threads=1)


class TestFind:
    def test_by_name_and_by_path(self) -> None:
        assert find("default") == find(shipped() / "default") == find(str(shipped() / "default"))

    @pytest.mark.parametrize("name", ["none", "", "styles", "nul\0", "x" * 5000, "../weights"])
    def test_unknown(self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(WeightsError, match=r"no model .* use one of"):
            find(name)

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(WeightsError, match="no model"):
            find(tmp_path)
