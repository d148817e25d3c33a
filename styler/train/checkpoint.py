"""A training run on disk: one safetensors file with all tensors."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from styler.errors import TrainingError, WeightsError
from styler.network.weights import load_tensors, save_tensors

from .config import TrainConfig

__all__ = ["load", "plain", "progress", "save", "toml"]

FREE = {
    "content",
    "style",
    "out",
    "minutes",
    "device",
    "compile",
    "log_every",
    "checkpoint_every",
    "sample_every",
    "tensorboard",
}
"""Settings that may differ when a run goes on: paths, and what changes at most the rounding."""


def plain(config: TrainConfig) -> dict[str, Any]:
    """The settings as JSON has them."""
    settings = dataclasses.asdict(config)
    return {name: str(v) if isinstance(v, Path) else v for name, v in settings.items()}


def toml(config: TrainConfig) -> str:
    """The settings as a file for ``styler --config FILE train``, which repeats the run."""
    # JSON's numbers, strings and truth values are TOML's, too.
    lines = [f"{name} = {json.dumps(v)}" for name, v in plain(config).items() if v is not None]
    return "\n".join(["[train]", *lines]) + "\n"


def save(
    path: Path,
    step: int,
    config: TrainConfig,
    network: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> None:
    """Write everything that the next step depends on."""
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"average.{name}": tensor for name, tensor in average.items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": tensor for name, tensor in state.items()}
    save_tensors(tensors, path, {"step": str(step), "config": json.dumps(plain(config))})


def progress(path: Path) -> tuple[int, int]:
    """The number of steps done, and of those in all, from the header of a checkpoint.

    Raises:
        TrainingError: the file is damaged.
    """
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata()
        return int(metadata["step"]), int(json.loads(metadata["config"])["steps"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise _no_checkpoint(path, error) from None


def load(
    path: Path,
    config: TrainConfig,
    network: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
) -> int:
    """Restore what :func:`save` wrote; returns the number of steps done.

    Raises:
        TrainingError: the file is damaged, or belongs to a run with other settings.
    """
    try:
        tensors, metadata = load_tensors(path)
        step, found = int(metadata["step"]), dict(json.loads(metadata["config"]))
    except (WeightsError, KeyError, TypeError, ValueError) as error:
        raise _no_checkpoint(path, error) from None
    changed = [
        name
        for name, value in plain(config).items()
        if name not in FREE and found.get(name) != value
    ]
    if changed:
        was = ", ".join(f"{name}={found.get(name)!r}" for name in changed)
        raise TrainingError(
            f"{path} belongs to a run with {was}; use the same settings or another --out"
        )
    network.load_state_dict(_part(tensors, "network."))
    for name, tensor in _part(tensors, "average.").items():
        average[name].copy_(tensor)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _part(tensors, "optimizer.").items():
        index, key = name.split(".")
        # In the memory format of its parameter, as it was: arithmetic over other strides may round
        # otherwise.
        like = parameters[int(index)]
        laid = torch.empty_like(like).copy_(tensor) if tensor.shape == like.shape else tensor
        state.setdefault(int(index), {})[key] = laid
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return step


def _no_checkpoint(path: Path, error: Exception) -> TrainingError:
    return TrainingError(f"{path} is not a checkpoint ({error}); delete it to start afresh")


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
