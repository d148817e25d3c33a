"""model.json: what is written is read, and nothing else."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from styler.errors import WeightsError
from styler.models import SPEC, ModelSpec, SiteSpec, StageSpec
from styler.styles import FeatureStats


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
    replace(spec, format=2).write(tmp_path)
    with pytest.raises(WeightsError, match="has format 2, this version reads 1; export"):
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


class TestAffine:
    def test_moves_statistics_to_the_target(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(3, 2, (8, 20, 20)).astype(np.float32)
        mean, std = rng.normal(size=8), rng.uniform(0.5, 2, 8)
        scale, shift = SiteSpec("style", 8, 8, 1e-5).affine(FeatureStats.of(x), mean, std)
        moved = FeatureStats.of((x * scale + shift)[0])
        np.testing.assert_allclose(moved.mean, mean, atol=1e-5)
        np.testing.assert_allclose(np.sqrt(moved.variance), std, atol=1e-4)
        assert scale.shape == shift.shape == (1, 8, 1, 1)
        assert scale.dtype == shift.dtype == np.float32

    def test_phases_share_a_channel_of_the_style(self) -> None:
        x = np.random.default_rng(2).normal(3, 2, (8, 20, 20)).astype(np.float32)
        site = SiteSpec("style", 8, 8, 1e-5, phases=4)
        assert site.style_channels == 2
        scale, shift = site.affine(FeatureStats.of(x), np.array([1.0, -2]), np.array([0.5, 3]))
        moved = FeatureStats.of((x * scale + shift)[0])
        np.testing.assert_allclose(moved.mean, [1] * 4 + [-2] * 4, atol=1e-5)
        np.testing.assert_allclose(np.sqrt(moved.variance), [0.5] * 4 + [3] * 4, atol=1e-4)

    def test_a_flat_map_stays_finite(self) -> None:
        own = FeatureStats.of(np.full((4, 3, 3), 7, np.float32))
        scale, shift = SiteSpec("style", 4, 4, 1e-5).affine(own, np.zeros(4), np.ones(4))
        assert np.isfinite(scale).all()
        np.testing.assert_allclose(7 * scale + shift, 0, atol=1e-3)

    @pytest.mark.parametrize("groups", [1, 2, 4])
    def test_takes_statistics_over_groups(self, groups: int) -> None:
        x = np.random.default_rng(1).normal(2, 3, (4, 10, 10)).astype(np.float32)
        site = SiteSpec("group", 4, groups, 0.0, "w", "b")
        scale, shift = site.affine(FeatureStats.of(x), np.zeros(4), np.ones(4))
        by_group = (x * scale + shift).reshape(groups, -1)
        np.testing.assert_allclose(by_group.mean(1), 0, atol=1e-5)
        np.testing.assert_allclose(by_group.std(1), 1, atol=1e-5)
