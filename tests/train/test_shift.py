"""The shift term of the loss: nothing for what moves with the photo, something for a grid."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from styler.train.loop import Run
from tests.train.tiny import config, prepare


class Pointwise(nn.Module):
    """In place of a network: halves every pixel, and adds a lattice of period 2 of some height."""

    def __init__(self, height: float) -> None:
        super().__init__()
        self.height = nn.Parameter(torch.tensor(height))

    def style(self, picture: Tensor) -> list[tuple[Tensor]]:
        return []

    def forward(self, content: Tensor, style: object) -> Tensor:
        lattice = torch.zeros(content.shape[2:])
        lattice[::2, ::2] = 1
        return content / 2 + self.height * lattice


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = prepare(tmp_path_factory.mktemp("shift"))
    return Run(config(folder, warmup_steps=0))


@pytest.mark.parametrize(("height", "moved"), [(0.0, (3, 5)), (0.2, (2, 4))])
def test_what_moves_with_the_photo_costs_nothing(
    run: Run, height: float, moved: tuple[int, int]
) -> None:
    assert shift_of(run, height, moved) == 0


def test_a_grid_costs_its_height_where_it_does_not_meet_itself(run: Run) -> None:
    # Moved by one row, half of all columns differ: in the even ones, each pixel by the height.
    assert shift_of(run, 0.2, (1, 2)) == pytest.approx(0.1, abs=0.01)


def shift_of(run: Run, height: float, moved: tuple[int, int]) -> float:
    run.network = Pointwise(height)  # type: ignore[assignment]
    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return run._paint(pictures, pictures.flip(0), moved)["shift"].item()
