"""A training run that takes a second a few steps: tiny pictures, a random loss network.

``python -m tests.train.tiny FOLDER OUT [NAME=NUMBER ...]`` trains, or goes on, in a process of its
own, or in several, of whose group nothing must remain.
"""

import sys
import weakref
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from PIL import Image

from styler.train import TrainConfig, train
from tests.networks import picture, write_vgg

STEPS = 24


def prepare(folder: Path) -> Path:
    """Write photos, paintings and a loss network."""
    for kind, seed in (("content", 0), ("style", 50)):
        (folder / kind).mkdir(parents=True)
        for i in range(3):
            pixels = picture(40 + 7 * i, 64 - 9 * i, seed=seed + i)
            Image.fromarray(pixels).save(folder / kind / f"{i}.png")
    write_vgg(folder / "vgg.safetensors")
    return folder


def config(folder: Path, out: str = "run", **changes: Any) -> TrainConfig:
    settings: dict[str, Any] = {
        "content": folder / "content", "style": folder / "style", "out": folder / out,
        "loss_network": folder / "vgg.safetensors", "steps": STEPS, "warmup_steps": 6,
        "batch": 2, "crop": 32, "style_crop": 32, "device": "cpu", "precision": "float32",
        "log_every": 1, "checkpoint_every": 7, "sample_every": 0,
    }  # fmt: skip
    return TrainConfig(**settings | changes)


if __name__ == "__main__":
    torch.set_num_threads(1)
    changes = (argument.split("=") for argument in sys.argv[3:])
    run = config(Path(sys.argv[1]), sys.argv[2], **{name: int(value) for name, value in changes})
    groups = weakref.WeakSet[Any]()
    train(run, lambda *_: groups.add(dist.group.WORLD) if dist.is_initialized() else None)
    assert not groups
