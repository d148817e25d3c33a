"""The mean of trainings that started from one another."""

import sys
from pathlib import Path

import pytest
import torch

from styler.errors import WeightsError
from styler.network.weights import load_tensors, save_tensors

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from average_weights import average, main


def saved(folder: Path, name: str, value: float, size: int = 3) -> Path:
    path = folder / name / "weights.safetensors"
    path.parent.mkdir()
    save_tensors({"w": torch.full((size,), value).half()}, path, {"norm": name})
    return path


def test_shares_are_of_their_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = saved(tmp_path, "a", 1.0), saved(tmp_path, "b", 5.0)
    out = tmp_path / "mean.safetensors"
    monkeypatch.setattr(sys, "argv", ["", str(out), "3", str(a), "1", str(b)])
    main()
    tensors, metadata = load_tensors(out)
    torch.testing.assert_close(tensors["w"], torch.full((3,), 2.0))
    assert metadata == {"norm": "a", "average": "0.75 a, 0.25 b"}


def test_another_network_is_refused(tmp_path: Path) -> None:
    files = [saved(tmp_path, "a", 1.0), saved(tmp_path, "b", 1.0, size=4)]
    with pytest.raises(WeightsError, match="another network"):
        average(files, [1, 1])
