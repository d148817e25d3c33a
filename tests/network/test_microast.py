"""The teacher's network, with random weights."""

from pathlib import Path

import pytest
import torch

from styler.errors import WeightsError
from styler.network import MicroAST
from styler.network.weights import save_tensors


def test_weights_come_back_and_paintings_matter(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = MicroAST().eval()
    save_tensors(network.state_dict(), tmp_path / "teacher.safetensors", {})
    loaded = MicroAST.load(tmp_path / "teacher.safetensors")
    photos, paintings = torch.rand(2, 3, 32, 40), torch.rand(2, 3, 24, 24)
    painted = loaded(photos, loaded.style(paintings))
    assert painted.shape == photos.shape and not painted.requires_grad
    with torch.no_grad():
        torch.testing.assert_close(painted, network(photos, network.style(paintings)))
    other = loaded(photos, loaded.style(paintings.flip(0)))
    assert (painted - other).abs().max() > 1e-5


def test_one_painting_for_several_photos() -> None:
    torch.manual_seed(1)
    network = MicroAST().eval().requires_grad_(False)
    photos, painting = torch.rand(2, 3, 16, 16), torch.rand(1, 3, 16, 16)
    together = network(photos, network.style(painting).repeated(2))
    apart = [network(photo, network.style(painting)) for photo in photos.split(1)]
    torch.testing.assert_close(together, torch.cat(apart))


def test_other_weights_are_refused(tmp_path: Path) -> None:
    save_tensors({"a": torch.zeros(1)}, tmp_path / "other.safetensors", {})
    with pytest.raises(WeightsError, match="another architecture"):
        MicroAST.load(tmp_path / "other.safetensors")
