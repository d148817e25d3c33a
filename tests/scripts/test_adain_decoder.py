"""The ablation of norms in the decoder: what it trains on, and one run of all of it, tiny."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

pytest.importorskip("matplotlib")

from styler.network import Vgg
from tests.networks import write_vgg
from tests.train.tiny import prepare

FOLDER = Path(__file__).parents[2] / "benchmarks" / "norm_experiments"


@pytest.fixture
def ablation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, its figures going to ``tmp_path``."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in ("figure", "adain_decoder"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import adain_decoder
    import figure

    monkeypatch.setattr(figure, "DOCS", tmp_path)
    module: ModuleType = adain_decoder
    return module


def test_held_out_pictures_are_not_trained_on(ablation: ModuleType, tmp_path: Path) -> None:
    for i in range(20):
        (tmp_path / f"{i:02}.png").touch()
    (tmp_path / "notes.txt").touch()
    trained, held = ablation.split(tmp_path, 8, 5)
    assert [file.stem for file in held] == ["00", "04", "08", "12", "16"]
    assert len(trained) == 8 and not {*trained} & {*held}
    assert trained[-1].stem > "16", "they reach over the whole folder"
    everything, _ = ablation.split(tmp_path, 100, 5)
    assert len(everything) == 15


def test_smoothing_keeps_the_length_and_a_constant(ablation: ModuleType) -> None:
    assert ablation.smooth([2.0] * 5, 3) == [2.0] * 5
    assert ablation.smooth([0.0, 1.0, 2.0, 3.0], 1) == [0.0, 0.5, 1.5, 2.5]


def test_a_tiny_run_and_its_repetition(
    ablation: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    loud = [torch.ones(64 << block) for block in range(4)]
    monkeypatch.setattr(Vgg, "normalize", lambda self, pictures: loud)  # 200 pictures take a while
    folder, out = prepare(tmp_path / "pictures"), tmp_path / "out"
    write_vgg(folder / "vgg.safetensors", (2, 2, 3, 1))  # the encoder's depths, too
    command = [str(folder / "content"), str(folder / "style"), "--out", str(out)]
    command += ["--loss-network", str(folder / "vgg.safetensors"), "--norms", "none", "rms"]
    command += ["--steps", "2", "--batch", "1", "--crop", "32", "--size", "64", "--held-out", "1"]
    ablation.main(command)
    first = capsys.readouterr().out
    assert "| `none` | " in first and "| `rms` | " in first
    assert (tmp_path / "norm-adain-decoder.svg").exists() and (out / "strip.png").exists()
    written = (out / "none" / "weights.safetensors").stat().st_mtime_ns
    ablation.main(command)
    assert capsys.readouterr().out == first, "trained networks are measured alike"
    assert (out / "none" / "weights.safetensors").stat().st_mtime_ns == written
