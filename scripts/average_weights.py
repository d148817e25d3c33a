"""Average the weights of trainings that started from one another, tensor by tensor.

    python scripts/average_weights.py OUT SHARE WEIGHTS SHARE WEIGHTS...

What lies between two such trainings often paints better than either (model soups, Wortsman et al.
2022, arXiv 2203.05482). Shares are scaled to a sum of 1. The settings saved with the result are
those of the first file, beside a record of the shares.
"""

import sys
from pathlib import Path

import torch
from torch import Tensor

from styler.errors import WeightsError
from styler.network.weights import load_tensors, save_tensors


def average(files: list[Path], shares: list[float]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The mean of each tensor in float32, and the metadata to save with it.

    Raises:
        WeightsError: a file cannot be read, or its tensors have other names or shapes.
    """
    loaded = [load_tensors(file) for file in files]
    shapes = [{name: t.shape for name, t in tensors.items()} for tensors, _ in loaded]
    for file, own in zip(files, shapes, strict=True):
        if own != shapes[0]:
            raise WeightsError(f"{file} is of another network than {files[0]}; average like ones")
    parts = [share / sum(shares) for share in shares]
    weighed = list(zip(parts, loaded, files, strict=True))
    mean = {
        name: torch.stack([part * tensors[name].float() for part, (tensors, _), _ in weighed]).sum(
            0
        )
        for name in shapes[0]
    }
    record = ", ".join(f"{part:g} {file.parent.name}" for part, _, file in weighed)
    return mean, loaded[0][1] | {"average": record}


def main() -> None:
    out, *rest = sys.argv[1:]
    mean, metadata = average([Path(file) for file in rest[1::2]], [float(s) for s in rest[::2]])
    save_tensors(mean, Path(out), metadata)


if __name__ == "__main__":
    main()
