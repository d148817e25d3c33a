"""A training run on disk: one safetensors file with all tensors, its log cut to the same step.

Nothing is pickled. A checkpoint is written beside its final name and then renamed, so a kill at any
moment leaves the last whole one.
"""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from styler.errors import TrainingError

from .config import TrainConfig

__all__ = ["load", "save", "save_atomically", "truncate_log"]

FREE = {
    "out",
    "minutes",
    "device",
    "log_every",
    "checkpoint_every",
    "sample_every",
    "content",
    "style",
}
"""Settings that may differ when a run goes on: they do not enter the arithmetic, or are only paths."""


def save_atomically(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write safetensors so that ``path`` is always either the old file or the whole new one."""
    partial = path.with_name(path.name + ".partial")
    save_file(
        {
            name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, tensor in tensors.items()
        },
        partial,
        metadata,
    )
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)


def fingerprint(config: TrainConfig) -> dict[str, Any]:
    plain = {
        f.name: getattr(config, f.name) for f in dataclasses.fields(config) if f.name not in FREE
    }
    return {name: str(value) if isinstance(value, Path) else value for name, value in plain.items()}


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
    save_atomically(tensors, path, {"step": str(step), "config": json.dumps(fingerprint(config))})


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
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        step, found = int(metadata["step"]), json.loads(metadata["config"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"{path} is not a checkpoint ({error}); delete it to start afresh"
        ) from None
    wanted = fingerprint(config)
    changed = sorted(name for name in wanted if found.get(name) != wanted[name])
    if changed:
        was = ", ".join(f"{name}={found.get(name)!r}" for name in changed)
        raise TrainingError(
            f"{path} belongs to a run with {was}; use the same settings or another --out"
        )
    network.load_state_dict(_part(tensors, "network."))
    for name, tensor in _part(tensors, "average.").items():
        average[name].copy_(tensor)
    state = optimizer.state_dict()
    state["state"] = {}
    for name, tensor in _part(tensors, "optimizer.").items():
        index, key = name.split(".")
        state["state"].setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict(state)
    return step


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def truncate_log(path: Path, step: int) -> None:
    """Drop the lines of steps at or after ``step``, and any line that a kill cut short."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text().splitlines():
        try:
            if json.loads(line)["step"] >= step:
                break
        except (ValueError, KeyError):
            break
        kept.append(line + "\n")
    partial = path.with_name(path.name + ".partial")
    partial.write_text("".join(kept))
    partial.replace(path)
