"""Trained weights on disk: safetensors, with the architecture and how they came about as metadata."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors import SafetensorError, safe_open
from torch import Tensor

from styler.errors import WeightsError

from .network import Network

if TYPE_CHECKING:
    from styler.train.config import TrainConfig

__all__ = ["load_network", "read_metadata", "save_network"]


def save_network(state: dict[str, Tensor], path: Path, config: "TrainConfig", steps: int) -> None:
    """Write weights with the recipe that made them."""
    from styler.train.checkpoint import save_atomically

    recipe = {
        k: str(v) if isinstance(v, Path) else v for k, v in dataclasses.asdict(config).items()
    }
    metadata = {
        "architecture": config.architecture,
        "norm": config.norm,
        "steps": str(steps),
        "recipe": json.dumps(recipe),
    }
    save_atomically(state, path, metadata)


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a weights file.

    Raises:
        WeightsError: it cannot be read.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return dict(file.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"cannot read the weights {path}: {error}") from None


def load_network(network: Network, path: Path) -> None:
    """Fill a network with the weights of a file.

    Raises:
        WeightsError: the file cannot be read, or belongs to another architecture.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network.load_state_dict(tensors)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"cannot read the weights {path}: {error}") from None
    except RuntimeError:
        raise WeightsError(
            f"{path} holds weights of another architecture than the one asked for"
        ) from None
