"""Everything a training run depends on, as plain values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["TrainConfig"]


def option(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class TrainConfig:
    """A training run. The same values, pictures and machine give the same losses to the last bit."""

    content: Path = field(metadata={"help": "Folder of photos."})
    style: Path = field(metadata={"help": "Folder of paintings."})
    out: Path = field(
        metadata={
            "help": "Folder for checkpoints, log, samples and weights; a run found there goes on."
        }
    )
    architecture: Literal["compact", "classic", "classic-vgg16"] = option(
        "compact",
        "compact: the small fast network; classic: VGG-19 and a mirrored decoder, as in the AdaIN paper.",
    )
    norm: str = option(
        "none", "Normalizer inside the blocks: none, instance, group, layer, batch, ..."
    )
    start_from: Path | None = option(None, "Weights to start from instead of random ones.")
    loss_network: Path | None = option(
        None, "VGG weights (safetensors) for the loss; without it torchvision downloads its own."
    )
    encoder: Path | None = option(
        None,
        "VGG weights (safetensors) of a classic network's encoder; without it torchvision downloads its own.",
    )
    steps: int = option(20_000, "Steps in all, the warm-up included.")
    warmup_steps: int = option(
        400,
        "First steps that only reconstruct the photo; perceptual training then starts far ahead.",
    )
    minutes: float | None = option(
        None, "Stop after so many minutes, with a checkpoint to go on from."
    )
    batch: int = option(8, "Photos a step.")
    crop: int = option(128, "Side of the square crops of photos, in pixels.")
    style_crop: int = option(128, "Side of the square crops of paintings, in pixels.")
    recolour: float = option(
        0.1, "Share of paintings whose colour channels are permuted, for more palettes."
    )
    learning_rate: float = option(
        1e-3, "Peak of the learning rate; it falls along a cosine to a fiftieth."
    )
    content_weight: float = option(1.0, "Weight of the photo's structure.")
    style_weight: float = option(10.0, "Weight of the painting's statistics.")
    identity_weight: float = option(5.0, "Weight of getting a photo back when it is its own style.")
    clip: float = option(5.0, "Largest norm of the gradient.")
    ema: float = option(
        0.999, "Decay of the moving average of the weights, which is what is kept in the end."
    )
    seed: int = option(0, "Seed of everything random.")
    device: str = option("auto", "auto, cpu, cuda or mps.")
    precision: Literal["auto", "float32", "bfloat16"] = option(
        "auto", "Of convolutions in training; auto takes bfloat16 where the hardware multiplies it."
    )
    log_every: int = option(10, "Steps between lines of log.jsonl.")
    checkpoint_every: int = option(500, "Steps between checkpoints.")
    sample_every: int = option(1000, "Steps between sample grids.")
