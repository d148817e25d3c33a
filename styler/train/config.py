"""Everything a training run depends on, as plain values."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from styler.errors import ParameterError

__all__ = ["TrainConfig"]


def about(text: str) -> dict[str, str]:
    """The metadata of a field: what `styler train --help` says of it."""
    return {"help": text}


@dataclass(frozen=True)
class TrainConfig:
    """A training run. The defaults are the recipe that the shipped weights came to.

    The same values, pictures and machine give the same losses: bit for bit on a CPU, and on a GPU
    up to rounding.
    """

    content: Path = field(metadata=about("Folder of photos."))
    style: Path = field(metadata=about("Folder of paintings."))
    out: Path = field(
        metadata=about(
            "Folder for checkpoints, log, samples and weights; a run found there goes on."
        )
    )
    architecture: Literal["compact", "classic", "classic-vgg16"] = field(
        default="compact",
        metadata=about("compact: the small fast network; classic: VGG-19 and a mirrored decoder."),
    )
    norm: str = field(
        default="none",
        metadata=about("Normalizer inside the blocks: none, instance, group, batch, ..."),
    )
    start_from: Path | None = field(
        default=None,
        metadata=about(
            "Weights to start from instead of random ones; those of another norm will do."
        ),
    )
    loss_network: Path | None = field(
        default=None,
        metadata=about(
            "VGG weights (safetensors) for the loss; without it torchvision downloads its own."
        ),
    )
    teacher: Path | None = field(
        default=None,
        metadata=about(
            "MicroAST weights (safetensors) of a painter to learn from; at --style-weight 0 and "
            "--content-weight 0 no loss network is needed."
        ),
    )
    encoder: Path | None = field(
        default=None,
        metadata=about(
            "VGG weights (safetensors) of a classic network's encoder, or else torchvision's."
        ),
    )
    steps: int = field(default=20_000, metadata=about("Steps in all, the warm-up included."))
    warmup_steps: int = field(
        default=400,
        metadata=about(
            "First steps that only reconstruct the photo; the others then start far ahead."
        ),
    )
    minutes: float | None = field(
        default=None, metadata=about("Stop after so many minutes, with a checkpoint to go on from.")
    )
    batch: int = field(default=8, metadata=about("Photos a step."))
    photos_per_style: int = field(
        default=1,
        metadata=about("Photos painted in the style of each painting drawn; a divisor of --batch."),
    )
    brushed: float = field(
        default=0.75,
        metadata=about("Share of photos that have strokes drawn on them."),
    )
    crop: int = field(default=128, metadata=about("Side of the square crops of photos, in pixels."))
    style_crop: int = field(
        default=128, metadata=about("Side of the square crops of paintings, in pixels.")
    )
    cached_crops: int = field(
        default=0,
        metadata=about(
            "Fixed crops of each picture, whose loss-network features are kept in memory: about "
            "twice as fast on a CPU; 0 crops anew every time, which shows a network more."
        ),
    )
    recolour: float = field(
        default=0.1,
        metadata=about("Share of paintings whose colour channels are permuted, for more palettes."),
    )
    jitter: float = field(
        default=0.0, metadata=about("How far saturation and gamma of paintings vary; 0.3 is a lot.")
    )
    vivid: float = field(
        default=0.3,
        metadata=about(
            "Exponent of colourfulness in a painting's chance to be drawn; 0 draws all alike."
        ),
    )
    synthetic: int = field(
        default=0,
        metadata=about("Styles drawn by code beside the paintings: mosaics, hatching, dots, ..."),
    )
    accumulate: int = field(
        default=1, metadata=about("Batches whose gradients are added up for one step.")
    )
    learning_rate: float = field(
        default=1.5e-3,
        metadata=about("Peak of the learning rate; it falls along a cosine to a fiftieth."),
    )
    content_weight: float = field(default=1.0, metadata=about("Weight of the photo's structure."))
    style_weight: float = field(
        default=92.0, metadata=about("Weight of the painting's statistics.")
    )
    teacher_weight: float = field(
        default=1.0, metadata=about("Weight of painting as the teacher does, where there is one.")
    )
    identity_weight: float = field(
        default=54.0, metadata=about("Weight of getting a photo back when it is its own style.")
    )
    grid_weight: float = field(
        default=0.3,
        metadata=about("Weight against a regular grid of 2, 4 or 8 pixels in paintings."),
    )
    shift_weight: float = field(
        default=3.5,
        metadata=about("Weight of painting a photo shifted by some pixels alike: no lattice."),
    )
    quantile_weight: float = field(
        default=0.0,
        metadata=about("Weight of the whole distribution of the painting's features (EFDM)."),
    )
    coherence_weight: float = field(
        default=0.0,
        metadata=about("Weight of differences between neighbours pointing as the photo's (CCPL)."),
    )
    contrast_weight: float = field(
        default=0.0,
        metadata=about("Weight of being nearer to the own style than to the batch's others."),
    )
    consistency_weight: float = field(
        default=0.0,
        metadata=about("Weight of painting a moved, bent, noisy photo alike: steadier videos."),
    )
    mixed: float = field(
        default=0.0, metadata=about("Share of photos that are painted in a mixture of two styles.")
    )
    clip: float = field(default=5.0, metadata=about("Largest norm of the gradient."))
    ema: float = field(
        default=0.999,
        metadata=about("Decay of the moving average of the weights, which is what is kept."),
    )
    seed: int = field(default=0, metadata=about("Seed of everything random."))
    device: str = field(default="auto", metadata=about("auto, cpu, cuda or mps."))
    precision: Literal["auto", "float32", "bfloat16"] = field(
        default="auto",
        metadata=about(
            "Of convolutions in training; auto takes bfloat16 where the hardware multiplies it."
        ),
    )
    compile: bool = field(
        default=False,
        metadata=about(
            "Run the networks through torch.compile: for GPUs and long runs; the first steps take "
            "minutes."
        ),
    )
    log_every: int = field(default=10, metadata=about("Steps between lines of log.jsonl."))
    tensorboard: bool = field(
        default=False, metadata=about("Write TensorBoard's event files beside the log, too.")
    )
    checkpoint_every: int = field(default=500, metadata=about("Steps between checkpoints."))
    sample_every: int = field(
        default=1000, metadata=about("Steps between sample grids; 0 paints none.")
    )

    @property
    def compared(self) -> bool:
        """Whether any loss asks for the loss network."""
        names = ("content", "style", "quantile", "coherence", "contrast")
        return any(getattr(self, f"{name}_weight") for name in names)

    def __post_init__(self) -> None:
        least = {"steps": 1, "batch": 1, "crop": 32, "style_crop": 16, "cached_crops": 0}
        least |= {"synthetic": 0, "accumulate": 1}
        least |= {"photos_per_style": 1}
        least |= {"log_every": 1, "checkpoint_every": 1, "sample_every": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ParameterError(f"{name} must be at least {bound}, not {getattr(self, name)}")
        if self.batch % self.photos_per_style:
            raise ParameterError(
                f"photos_per_style must divide the batch of {self.batch}, "
                f"not be {self.photos_per_style}"
            )
