"""Style files: kept to the bit, hostile ones refused in one line."""

import dataclasses
import json
import tomllib
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from styler.errors import OutputError, ParameterError, StyleError, WeightsError
from styler.imaging import Palette
from styler.models import find, models
from styler.styles import (
    Brushwork,
    FeatureStats,
    Style,
    mix,
    preset,
    presets,
    usable,
    user_folder,
)

ROOT = Path(__file__).resolve().parents[2]
SOURCES = tomllib.loads((ROOT / "weights" / "sources.toml").read_text("utf-8"))


def random_style(seed: int = 0, name: str = "night", model: str = "0123") -> Style:
    rng = np.random.default_rng(seed)
    statistics = tuple(
        FeatureStats(
            float(rng.integers(1, 9999)),
            rng.normal(size=c).astype(np.float32).astype(np.float64),
            rng.random(c, np.float32).astype(np.float64),
        )
        for c in (12, 7, 3)
    )
    palette = Palette(*(rng.random(s, np.float32).astype(float) for s in ((3,), (3, 3))))
    brushwork = Brushwork.of(rng.random((1, 3, 20, 30), np.float32))
    return Style(name, model, statistics, palette, brushwork, artist="Émile Öst", year="1886-88")


def same(a: Style, b: Style) -> bool:
    return (
        (a.name, a.model, a.title, a.artist, a.year, a.source)
        == (b.name, b.model, b.title, b.artist, b.year, b.source)
        and a.brushwork == b.brushwork
        and np.array_equal(a.palette.mean, b.palette.mean)
        and np.array_equal(a.palette.covariance, b.palette.covariance)
        and len(a.statistics) == len(b.statistics)
        and all(
            x.count == y.count
            and np.array_equal(x.mean, y.mean)
            and np.array_equal(x.variance, y.variance)
            for x, y in zip(a.statistics, b.statistics, strict=True)
        )
    )


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the user's own styles."""
    folder = tmp_path / "own styles"
    folder.mkdir()
    monkeypatch.setenv("STYLER_STYLES", str(folder))
    return folder


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("style") / "night.style"
    random_style().save(path)
    return path.read_bytes()


class TestFile:
    def test_round_trip(self, tmp_path: Path) -> None:
        style = random_style()
        style.save(tmp_path / "night.style")
        assert same(Style.load(tmp_path / "night.style"), style)

    def test_same_style_same_bytes(self, tmp_path: Path) -> None:
        for name in ("a.style", "b.style"):
            random_style().save(tmp_path / name)
        assert (tmp_path / "a.style").read_bytes() == (tmp_path / "b.style").read_bytes()

    def test_is_not_overwritten_unless_forced(self, tmp_path: Path) -> None:
        path = tmp_path / "night.style"
        random_style(0).save(path)
        with pytest.raises(OutputError, match="exists"):
            random_style(1).save(path)
        random_style(1).save(path, force=True)
        assert same(Style.load(path), random_style(1))

    def test_named(self) -> None:
        style = random_style().named("dawn")
        assert style.name == "dawn"
        assert style.statistics is not None


def opened(saved: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and the metadata of a style file."""
    length = int.from_bytes(saved[:8], "little")
    header = json.loads(saved[8 : 8 + length])
    return load_tensors(saved), json.loads(header["__metadata__"]["style"])


def rewritten(saved: bytes, **changes: Any) -> bytes:
    """The file with other metadata; ``...`` removes an entry."""
    tensors, metadata = opened(saved)
    changed = {k: v for k, v in (metadata | changes).items() if v is not ...}
    return save_tensors(tensors, {"style": json.dumps(changed)})


def with_tensors(saved: bytes, **changes: Any) -> bytes:
    tensors, metadata = opened(saved)
    return save_tensors(tensors | changes, {"style": json.dumps(metadata)})


def with_header(header: bytes, length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header


class TestHostileFiles:
    def refused(self, path: Path, content: bytes) -> str:
        path.write_bytes(content)
        with pytest.raises(StyleError) as caught:
            Style.load(path)
        message = str(caught.value)
        assert str(path) in message
        assert len(message.splitlines()) == 1
        return message

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0" * 7,
            b"\0" * 8,
            b"GIF89a not a style at all",
            with_header(b"{}", 2**63 - 1),
            with_header(b"{}", 2**64 - 1),
            with_header(b"{}", 99_999_999),
            with_header(b"[]"),
            with_header(b"{}"),
            with_header(b'{"__metadata__": {}}'),
            with_header(b'{"__metadata__": 7}'),
            with_header(b'{"__metadata__": {"style": "{}"}}'),
            with_header(b'{"__metadata__": {"style": "7"}}'),
            with_header(b'{"__metadata__": {"style": "["}}'),
            with_header(b'{"__metadata__": {"style": "' + b"[" * 100_000 + b'"}}'),
            with_header(b"[" * 200_000),
            with_header(b'{"__metadata__": ' + b'{"a":' * 100_000),
            with_header(b'{"\xff": 1}'),
        ],
    )
    def test_headers(self, tmp_path: Path, content: bytes) -> None:
        self.refused(tmp_path / "bad.style", content)

    @pytest.mark.parametrize(
        "change",
        [
            {"format": ...},
            {"format": 1},
            {"format": 2},
            {"name": ...},
            {"name": None},
            {"name": 7},
            {"model": ...},
            {"model": ["0123"]},
            {"artist": 0},
            {"title": {}},
            {"year": ...},
            {"counts": ...},
            {"counts": 7},
            {"counts": [1, 2, None]},
            {"counts": [1, 2, 3, 4]},
            {"counts": [1, 2, float("nan")]},
            {"counts": [1, 2, float("inf")]},
            {"counts": [1, 2, 0]},
            {"counts": [1, 2, -3]},
            {"counts": [1, 2, 10**400]},
            {"exemplars": ...},
            {"exemplars": 7},
            {"exemplars": [["0" * 64, 1.0]]},
            {"exemplars": [["../default", 1.0]]},
            {"exemplars": [["0" * 64, 1.0, 2]]},
        ],
    )
    def test_metadata(self, tmp_path: Path, saved: bytes, change: dict[str, Any]) -> None:
        self.refused(tmp_path / "bad.style", rewritten(saved, **change))

    @pytest.mark.parametrize(
        "change",
        [
            {"1.mean": np.full(7, np.nan, np.float32)},
            {"1.mean": np.full(7, np.inf, np.float32)},
            {"1.variance": np.full(7, np.nan, np.float32)},
            {"1.variance": np.full(7, -1e-9, np.float32)},
            {"1.variance": np.ones(6, np.float32)},
            {"1.variance": np.ones((1, 7), np.float32)},
            {"1.mean": np.ones((7, 1), np.float32), "1.variance": np.ones((7, 1), np.float32)},
            {"1.mean": np.float32(3), "1.variance": np.float32(3)},
            {"exemplar.0": np.zeros(40, np.uint8)},
        ],
    )
    def test_statistics(self, tmp_path: Path, saved: bytes, change: dict[str, Any]) -> None:
        change = {name: np.asarray(value) for name, value in change.items()}
        self.refused(tmp_path / "bad.style", with_tensors(saved, **change))

    def test_a_huge_file_is_not_read_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "huge.style"
        with path.open("wb") as file:
            file.truncate(1 << 33)
        with pytest.raises(StyleError, match="more than 8388608 bytes"):
            Style.load(path)

    def test_missing_and_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(StyleError, match="No such file"):
            Style.load(tmp_path / "none.style")
        with pytest.raises(StyleError, match="s a directory"):
            Style.load(tmp_path)
        with pytest.raises(StyleError):
            Style.load("nul\0.style")

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_truncation_is_refused(self, tmp_path: Path, saved: bytes, data: st.DataObject) -> None:
        end = data.draw(st.integers(0, len(saved) - 1))
        self.refused(tmp_path / "bad.style", saved[:end])

    @settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(position=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
    @example(position=0.0, flip=255)
    def test_a_damaged_byte_gives_an_error_or_a_style(
        self, tmp_path: Path, saved: bytes, position: float, flip: int
    ) -> None:
        damaged = bytearray(saved)
        damaged[int(position * len(saved))] ^= flip
        path = tmp_path / "bad.style"
        path.write_bytes(damaged)
        try:
            style = Style.load(path)
        except StyleError:
            return
        for stats in style.statistics:
            assert np.isfinite(stats.mean).all()
            assert (stats.variance >= 0).all()

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=300))
    def test_noise_is_refused(self, tmp_path: Path, content: bytes) -> None:
        self.refused(tmp_path / "bad.style", content)


class TestMix:
    def test_of_one_is_that_one(self) -> None:
        style = random_style()
        assert mix([(style, 0.3)]) is style

    def test_with_itself_is_itself(self) -> None:
        style = random_style()
        mixed = mix([(style, 1), (style, 3)])
        for a, b in zip(mixed.statistics, style.statistics, strict=True):
            assert np.array_equal(a.mean, b.mean)
            assert np.array_equal(a.variance, b.variance)

    def test_scales_weights(self) -> None:
        a, b = random_style(0, "a"), random_style(1, "b")
        mixed = mix([(a, 1), (b, 3)])
        assert mixed.name == "a+b"
        expected = 0.25 * a.statistics[0].mean + 0.75 * b.statistics[0].mean
        np.testing.assert_allclose(mixed.statistics[0].mean, expected)

    @pytest.mark.parametrize("huge", [1e308, 8e307])
    def test_huge_weights_are_weights(self, huge: float) -> None:
        pair = random_style(0), random_style(1)
        mixed, even = (mix([(style, weight) for style in pair]) for weight in (huge, 1))
        np.testing.assert_allclose(mixed.statistics[0].mean, even.statistics[0].mean)

    @pytest.mark.parametrize(
        "weights",
        [[], [0.0, 0.0], [1, -0.1], [float("nan"), 1], [float("inf"), 1], [10**400, 1], ["1", "a"]],
    )
    def test_refuses_weights(self, weights: list[float]) -> None:
        with pytest.raises(ParameterError, match="style weights must be finite, not negative"):
            mix([(random_style(), weight) for weight in weights])

    def test_refuses_styles_of_different_models(self) -> None:
        with pytest.raises(ParameterError, match="different models"):
            mix([(random_style(), 1), (random_style(model="4567"), 1)])


class TestPresets:
    def test_lists_names_in_order_with_what_is_known(self, own: Path) -> None:
        random_style().save(own / "zz-night.style")
        random_style().save(own / "a-day.style")
        listed = presets()
        assert [info.name for info in listed] == [*SOURCES, "a-day", "zz-night"]
        night = listed[-1]
        assert (night.title, night.artist, night.year) == (None, "Émile Öst", "1886-88")
        assert night.path == own / "zz-night.style"
        assert len(listed) >= 13

    def test_of_equal_rank_by_name(self, own: Path) -> None:
        for name in ("b", "a"):
            dataclasses.replace(random_style(), rank=-1).save(own / f"{name}.style")
        assert [info.name for info in presets()[:2]] == ["a", "b"]
        assert list(usable("default", lambda style: style, pytest.fail))[:2] == ["a", "b"]

    def test_a_users_style_hides_a_shipped_one(self, own: Path) -> None:
        shipped = presets()[0].name
        random_style().save(own / f"{shipped}.style")
        assert preset(shipped).model == "0123"
        assert [info.path.parent for info in presets() if info.name == shipped] == [own]

    def test_a_missing_painting_is_named(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("styler.styles.file.shipped", lambda: tmp_path)
        with pytest.raises(StyleError, match=r"the painting .*paintings.*\.webp: No such file"):
            preset("monet-impression")

    def test_unknown_with_the_nearest(self, own: Path) -> None:
        random_style().save(own / "zz-starry-night.style")
        with pytest.raises(StyleError, match="no style 'zz-stary-nigth'; did you mean 'zz-starry-"):
            preset("zz-stary-nigth")
        with pytest.raises(StyleError, match="no style 'qqqqqq'; `styler styles` lists them"):
            preset("qqqqqq")

    @pytest.mark.parametrize("name", ["", ".", "..", "../default", "a/b", "nul\0", "x" * 5000])
    def test_names_are_no_paths(self, own: Path, name: str) -> None:
        random_style().save(own.parent / "default.style")
        with pytest.raises(StyleError):
            preset(name)

    def test_a_damaged_own_style_is_named(self, own: Path) -> None:
        (own / "bad.style").write_bytes(b"bad")
        with pytest.raises(StyleError, match=r"bad\.style"):
            presets()

    def test_the_others_are_listed_where_damaged_ones_are_taken_note_of(self, own: Path) -> None:
        all_sound = [info.name for info in presets()]
        (own / "bad.style").write_bytes(b"bad")
        told: list[StyleError] = []
        assert [info.name for info in presets(damaged=told.append)] == all_sound
        assert ["bad.style" in str(error) for error in told] == [True]

    def test_a_missing_folder_is_no_folder(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "none"))
        assert presets()

    def test_the_folder_is_the_platforms_unless_set(
        self, monkeypatch: pytest.MonkeyPatch, own: Path
    ) -> None:
        assert user_folder() == own
        monkeypatch.delenv("STYLER_STYLES")
        assert user_folder().parts[-2:] == ("styler", "styles")

    @pytest.mark.parametrize("model", models())
    def test_shipped_ones_belong_to_their_model(self, model: str) -> None:
        found = find(model)
        paths = sorted(found.styles.iterdir())
        assert [path.name for path in paths] == [f"{name}.style" for name in sorted(SOURCES)]
        for path in paths:
            style = Style.load(path)
            assert style.model == found.spec.fingerprint
            assert style.name == path.stem
            assert style.artist
            assert path.stat().st_size < 20_000

    def test_every_model_has_its_own(self, own: Path, two_models: Path) -> None:
        random_style().save(own / "mine.style")
        assert [info.name for info in presets("other")] == ["blobs", "mine"]
        assert preset("blobs", "other").model == find("other").spec.fingerprint
        assert preset("blobs", two_models / "other").model == find("other").spec.fingerprint
        assert "blobs" not in [info.name for info in presets()]
        with pytest.raises(StyleError, match="`styler styles` lists them"):
            preset("blobs")
        with pytest.raises(StyleError, match="`styler styles --model other` lists them"):
            preset("monet-impression", "other")

    def test_a_model_need_not_have_any(self, own: Path, two_models: Path) -> None:
        rmtree(two_models / "other" / "styles")
        assert presets("other") == []
        with pytest.raises(StyleError, match="'other' has no presets: give a picture's path, or"):
            preset("monet-impression", "other")
        random_style().save(own / "mine.style")
        with pytest.raises(StyleError, match="did you mean 'mine'"):
            preset("mina", "other")

    def test_of_an_unknown_model(self) -> None:
        for unknown in (lambda: presets("none"), lambda: preset("monet-impression", "none")):
            with pytest.raises(WeightsError, match="no model 'none'; use one of default"):
                unknown()
