"""Before a long run: count the pictures, verify them, estimate time and memory."""

import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import torch

from styler.network import Vgg, load_vgg

from .colour import colourfulness
from .config import TrainConfig
from .data import Folder
from .distributed import ProcessGroup
from .loop import Run

__all__ = ["Preflight", "preflight"]

FEW = 100
"""Fewer pictures than this make a network that knows little else."""

GREY = 3.0
"""Colourfulness below which a picture counts as grey."""


@dataclass(frozen=True)
class Preflight:
    """What a run would be.

    Attributes:
        lines: the run in words, one thing a line.
        warnings: what to mend first, one thing a line.
        seconds: for a step.
    """

    lines: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: float


def preflight(config: TrainConfig, *, steps: int = 3) -> Preflight:
    """Take a few steps of a run for trial, and leave nothing behind.

    It needs no network: where the run would download a loss network or an encoder, untrained ones
    of the same size are tried.

    Raises:
        TrainingError, WeightsError: as the run itself would.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = replace(config, out=Path(folder), warmup_steps=0)
        run = Run(trial, ProcessGroup(), vgg=_stand_in)
        run.fetch(run.advance())  # the first one also allocates
        started = time.perf_counter()
        for _ in range(steps - 1):
            run.advance()
        run.fetch(run.advance())  # waits for the device
        seconds = (time.perf_counter() - started) / steps
    samples = config.batch * config.accumulate
    weights = sum(p.numel() for p in run.network.parameters())
    remembered = run.objective.remembered()
    lines = (
        _counted("photos", run.content),
        _counted("paintings", run.style)
        + f", {sum(colourfulness(p) < GREY for p in run.style.pictures)} grey",
        f"network    {config.architecture}, norm {config.norm}: {weights / 1e6:.2f} M weights",
        f"a step     {seconds:.2f} s: {samples / seconds:.1f} photos a second, "
        f"on {run.device.type} in {str(run.precision).removeprefix('torch.')}",
        f"the run    {config.steps} steps, {config.steps * samples} photos: "
        f"{timedelta(seconds=round(config.steps * seconds))}",
        f"memory     {remembered / 2**30:.1f} GiB for crops that come again",
    )
    warnings = (
        *_downloads(config),
        *_warnings("photos", run.content, config.crop, "--crop"),
        *_warnings("paintings", run.style, config.style_crop, "--style-crop"),
    )
    return Preflight(lines, warnings, seconds)


def _stand_in(path: Path | None, *, depth: int = 16) -> Vgg:
    """The VGG of a file or, for one that would be downloaded, one that takes as long."""
    if path is not None:
        return load_vgg(path)
    return Vgg((2, 2, 4 if depth == 19 else 3, 1)).requires_grad_(False).eval()


def _downloads(config: TrainConfig) -> list[str]:
    """What a run would fetch first."""
    from torchvision.models import VGG16_Weights, VGG19_Weights

    wanted = []
    if config.compared and config.loss_network is None:
        wanted.append((VGG16_Weights.IMAGENET1K_V1, "--loss-network"))
    if config.architecture != "compact" and config.encoder is None:
        of_16 = "16" in config.architecture
        wanted.append(((VGG16_Weights if of_16 else VGG19_Weights).IMAGENET1K_V1, "--encoder"))
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    return [
        f"training will download {name} ({weights.meta['_file_size']:.0f} MB); "
        f"{option} takes a file instead"
        for weights, option in wanted
        if not (cache / (name := weights.url.rpartition("/")[2])).is_file()
    ]


def _counted(what: str, folder: Folder) -> str:
    sides = [min(picture.size) for picture in folder.pictures]
    return f"{what:10} {len(folder)}, short side {min(sides)} to {max(sides)} pixels"


def _warnings(what: str, folder: Folder, crop: int, flag: str) -> list[str]:
    small = sum(min(picture.size) < crop for picture in folder.pictures)
    seen = Counter(sha256(picture.tobytes()).digest() for picture in folder.pictures)
    repeated = len(folder) - len(seen)
    found = [f"left out: {reason}" for reason in folder.unreadable]
    if len(folder) < FEW:
        found.append(f"only {len(folder)} {what}: the network will know little else; add some")
    if small:
        found.append(f"{small} {what} are smaller than {flag} {crop} and will be enlarged")
    if repeated:
        found.append(f"{repeated} {what} repeat others; remove them")
    return found
