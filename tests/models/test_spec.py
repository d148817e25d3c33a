"""model.json: what is written is read, and nothing else."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from styler.errors import WeightsError
from styler.models import SPEC, ModelSpec, SiteSpec, StageSpec


@pytest.fixture
def spec() -> ModelSpec:
    return ModelSpec(
        name="tiny",
        architecture="compact",
        norm="group",
        margin=16,
        multiple=8,
        parameters=12,
        sites=(
            SiteSpec("style", 8, 8, 1e-5),
            SiteSpec("group", 8, 4, 1e-5, "sites.1.weight", "sites.1.bias"),
        ),
        stages=(StageSpec("stage0.onnx", 0), StageSpec("b.onnx", 1), StageSpec("c.onnx", 0)),
        encoder="encoder.onnx",
        weights="weights.safetensors",
        tensors={"stage0.onnx": ["a", "b"]},
        sha256={"weights.safetensors": "0123456789abcdef" * 4},
        provenance={"steps": 7, "recipe": {"ema": 0.999, "artist": "Süd"}},
    )


def test_round_trip(spec: ModelSpec, tmp_path: Path) -> None:
    spec.write(tmp_path)
    assert ModelSpec.read(tmp_path) == spec


def test_writing_twice_gives_the_same_bytes(spec: ModelSpec, tmp_path: Path) -> None:
    spec.write(tmp_path)
    first = (tmp_path / SPEC).read_bytes()
    ModelSpec.read(tmp_path).write(tmp_path)
    assert (tmp_path / SPEC).read_bytes() == first


def test_layout_of_the_file_is_free(spec: ModelSpec, tmp_path: Path) -> None:
    spec.write(tmp_path)
    path = tmp_path / SPEC
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")), indent=4), "utf-8")
    assert ModelSpec.read(tmp_path) == spec


def test_fingerprint_and_style_sites(spec: ModelSpec) -> None:
    assert spec.fingerprint == "0123456789abcdef"
    assert spec.style_sites == spec.sites[:1]


def test_another_format_is_told_apart_from_damage(spec: ModelSpec, tmp_path: Path) -> None:
    replace(spec, format=3).write(tmp_path)
    with pytest.raises(WeightsError, match="has format 3, this version reads 2; export"):
        ModelSpec.read(tmp_path)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="No such file"):
        ModelSpec.read(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"margin": 17},
        {"name": "other"},
        {"surplus": 1},
        {"sites": []},
        {"sha256": {}},
        {"sha256": None},
    ],
)
def test_every_change_is_refused(spec: ModelSpec, tmp_path: Path, change: dict[str, Any]) -> None:
    spec.write(tmp_path)
    path = tmp_path / SPEC
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | change), "utf-8")
    with pytest.raises(WeightsError, match="is damaged"):
        ModelSpec.read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"{", b"\xff\xfe", b"{}", b"[" * 100_000])
def test_what_is_no_specification_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SPEC).write_bytes(content)
    with pytest.raises(WeightsError, match="is damaged") as caught:
        ModelSpec.read(tmp_path)
    assert len(str(caught.value).splitlines()) == 1
