"""The training loop: photo crops in, painted crops out, a few losses, one step."""

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from styler import files
from styler.errors import TrainingError, WeightsError
from styler.imaging import write
from styler.network import MicroAST, Network, Vgg, build, load_vgg, set_encoder
from styler.network.device import device
from styler.network.weights import save_tensors, take_over

from . import checkpoint, machine, synthetic
from .compiling import compile_
from .config import TrainConfig
from .data import Batch, Crops, Folder
from .distributed import ProcessGroup, process_group
from .log import TrainingLog
from .loss_network import LossNetwork
from .objective import Objective
from .optimizer import Muon
from .samples import sample_grid

__all__ = ["Report", "train"]

logger = logging.getLogger(__name__)

INITIAL = 32
"""Photos, and paintings, whose statistics new norms start from."""

Report = Callable[[int, dict[str, float]], None]
"""Called after every step, for a progress bar, with the number of steps done and the losses last
fetched: of every ``log_every``-th step and of the last."""


class Loader(Protocol):
    """What gives a pretrained VGG, as :func:`styler.network.load_vgg` does."""

    def __call__(self, path: Path | None, *, depth: int = 16) -> Vgg: ...


def train(config: TrainConfig, report: Report = lambda step, losses: None) -> Path:
    """Train a network, or go on with the run found in ``config.out``.

    Args:
        config: the run.
        report: called after every step.

    Returns:
        The weights: ``out/weights.safetensors``, the moving average over the steps.

    Raises:
        TrainingError: no usable pictures, a checkpoint of other settings in ``config.out``, or a
            loss that is no longer finite.
        WeightsError: the loss network or ``start_from`` cannot be read.
        OutputError, StorageError: nothing can be written in ``config.out``.
    """
    started = time.monotonic()
    with process_group() as processes:
        _check_place(config.out)
        run = Run(config, processes)
        with contextlib.ExitStack() as stack:
            record = None
            if processes.rank == 0:
                for reason in (*run.content.unreadable, *run.style.unreadable):
                    logger.warning("left out: %s", reason)
                if run.step:
                    logger.info(
                        "%s: goes on from step %d of %d", config.out, run.step, config.steps
                    )
                opened = TrainingLog(config.out, run.step, tensorboard=config.tensorboard)
                record = stack.enter_context(opened)
                (config.out / "config.toml").write_text(checkpoint.toml(config), "utf-8")
            losses: dict[str, float] = {}
            while run.step < config.steps:
                step, now = run.step, run.advance()
                logged = step % config.log_every == 0
                if logged or run.step == config.steps:
                    losses = run.fetch(now)
                if record is not None:
                    if logged:
                        record.add(step, losses)
                    report(run.step, losses)
                if config.sample_every and run.step % config.sample_every == 0:
                    run.sample()
                if run.step % config.checkpoint_every == 0:
                    run.save()
                if config.minutes is not None and processes.any(
                    time.monotonic() - started > config.minutes * 60
                ):
                    break
        run.save()
        if config.sample_every:
            run.sample()
        return run.export()


class Run:
    """The state of a run: network, average, optimizer, data; ``step`` steps are done.

    Args:
        config: the run.
        processes: that share it.
        vgg: how its pretrained networks are loaded, from a file or by ``depth``.
    """

    def __init__(
        self, config: TrainConfig, processes: ProcessGroup, *, vgg: Loader = load_vgg
    ) -> None:
        self.config, self.group = config, processes
        self.device = device(config.device)
        machine.prepare(self.device)
        self.precision = machine.precision(config.precision, self.device)
        torch.manual_seed(config.seed)
        self.content = Folder.open(config.content)
        self.style = Folder.open(config.style)
        drawn = [
            synthetic.draw(np.random.default_rng((config.seed, 6, number)))
            for number in range(config.synthetic)
        ]
        paintings = replace(self.style, pictures=[*self.style.pictures, *drawn])
        again: Any = {"fixed": config.cached_crops, "device": self.device}
        self.photos = Crops(self.content, config.crop, seed=(config.seed, 4), **again)
        self.paintings = Crops(
            paintings,
            config.style_crop,
            recolour=config.recolour,
            jitter=config.jitter,
            vivid=config.vivid,
            seed=(config.seed, 5),
            **again,
        )
        self.network = _network(config, vgg)
        whole = config.start_from is None or _start(self.network, config.start_from)
        self.network.to(self.device).to(memory_format=torch.channels_last).train()
        if not whole:
            self._data_init()
        loss_network = self._loss_network(vgg) if config.compared else None
        teacher = None
        if config.teacher is not None:
            with _named("--teacher"):
                teacher = MicroAST.load(config.teacher).to(self.device)
            teacher.to(memory_format=torch.channels_last)
        if config.compile:
            compile_(self.network, loss_network.vgg if loss_network else None, self.device)
        self.objective = Objective(
            self.network, loss_network, teacher, config, len(self.photos), len(self.paintings)
        )
        trained = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = Muon(trained, lr=config.learning_rate)
        self.average = {name: t.clone() for name, t in self.network.state_dict().items()}
        self.sound = torch.ones((), dtype=torch.bool, device=self.device)
        self.step = 0
        self.path = config.out / "checkpoint.safetensors"
        if self.path.exists():
            self.step = checkpoint.load(
                self.path, config, self.network, self.average, self.optimizer
            )

    def _loss_network(self, vgg: Loader) -> LossNetwork:
        """The loss network, normalized on some of the photos."""
        config = self.config
        with _named("--loss-network"):
            network = vgg(config.loss_network)
        some = Crops(self.content, min(config.crop, 128))
        rng = np.random.default_rng((config.seed, 1))
        batches = min(len(self.content), 25)  # few photos have little more to show
        loudness = network.normalize(some.draw(8, rng).pictures for _ in range(batches))
        return LossNetwork(
            network,
            self.device,
            self.precision,
            loudness=loudness,
            quantiles=config.quantile_weight > 0,
        )

    def _data_init(self) -> None:
        """Fit new norms to the trained convolutions around them, on pictures as training has."""
        rng = np.random.default_rng((self.config.seed, 7))
        photos, paintings = (
            self._place(crops.draw(INITIAL, rng)).pictures
            for crops in (self.photos, self.paintings)
        )
        with torch.no_grad():
            self.network.data_init_(photos, self.network.style(paintings))

    def advance(self) -> dict[str, Tensor]:
        """One step; the pictures and the rate depend on the number of the step alone.

        Nothing in it waits for the device, which would stand still while the next step is prepared.
        """
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * rate(self.step, config.steps)
        self.optimizer.zero_grad(set_to_none=True)
        parts = [self._gradients(part) for part in range(config.accumulate)]
        losses = {n: torch.stack([p[n] for p in parts]).mean() for n in parts[0]}
        self.group.average_(self.network.parameters())
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        self.optimizer.step()
        self._follow(min(config.ema, (1 + self.step) / (10 + self.step)))
        self.step += 1
        self.sound &= torch.isfinite(losses["total"] + norm)
        return losses | {"gradient": norm}

    def fetch(self, losses: dict[str, Tensor]) -> dict[str, float]:
        """The losses of a step as numbers, averaged over the team; waits for the device.

        Raises:
            TrainingError: this one or an earlier one was not finite.
        """
        self._check()
        values = torch.stack(list(losses.values())).tolist()
        return self.group.mean(dict(zip(losses, values, strict=True)))

    def _check(self) -> None:
        """Let nothing out of a run whose loss or gradient has ever been infinite or undefined."""
        if not self.sound:
            raise TrainingError(
                f"the loss is no longer finite at step {self.step - 1}; lower --learning-rate"
            )

    def _gradients(self, part: int) -> dict[str, Tensor]:
        """Add the gradients of one batch, this process's ``part``-th of the step."""
        config = self.config
        number = self.group.rank * config.accumulate + part
        rng = np.random.default_rng((config.seed, 2, self.step, number))
        content = self._place(self.photos.draw(config.batch, rng))
        count = config.batch // config.photos_per_style
        style = self._place(self.paintings.draw(count, rng))
        losses = (
            self.objective.reconstruct(content)
            if self.step < config.warmup_steps
            else self.objective.paint(content, style, rng)
        )
        (losses["total"] / config.accumulate).backward()  # type: ignore[no-untyped-call]
        return {name: value.detach() for name, value in losses.items()}

    def _place(self, batch: Batch) -> Batch:
        # The device's memory format, which convolutions want.
        laid = batch.pictures.contiguous(memory_format=torch.channels_last)
        return replace(batch, pictures=laid)

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        state = self.network.state_dict()
        floating = [name for name, tensor in state.items() if tensor.is_floating_point()]
        torch._foreach_lerp_(
            [self.average[n] for n in floating], [state[n] for n in floating], 1 - decay
        )

    def save(self) -> None:
        self._check()
        if self.group.rank:
            return
        checkpoint.save(
            self.path, self.step, self.config, self.network, self.average, self.optimizer
        )

    def export(self) -> Path:
        self._check()
        path = self.config.out / "weights.safetensors"
        if self.group.rank:
            return path
        metadata = {
            "architecture": self.config.architecture,
            "norm": self.config.norm,
            "steps": str(self.step),
            "recipe": json.dumps(checkpoint.plain(self.config)),
        }
        save_tensors(self.average, path, metadata)
        return path

    def sample(self) -> None:
        self._check()
        if self.group.rank:
            return
        painter = build(self.config.architecture, norm=self.config.norm).eval()
        painter.load_state_dict(self.average)
        painter.to(self.device)
        folder = self.config.out / "samples"
        folder.mkdir(exist_ok=True)
        samples = sample_grid(painter, self.content, self.style, seed=self.config.seed)
        write(samples, folder / f"{self.step:07d}.png", force=True)


def _network(config: TrainConfig, vgg: Loader) -> Network:
    """The untrained network; that of a classic one has its pretrained encoder."""
    network = build(config.architecture, norm=config.norm)
    if config.architecture != "compact":
        depth = 16 if "16" in config.architecture else 19
        with _named("--encoder"):
            set_encoder(network, vgg(config.encoder, depth=depth))
    return network


def _start(network: Network, weights: Path) -> bool:
    with _named("--start-from"):
        return take_over(network, weights)


@contextlib.contextmanager
def _named(option: str) -> Iterator[None]:
    """Say of weights that cannot be read in here which option gives others."""
    try:
        yield
    except WeightsError as error:
        raise WeightsError(f"{option}: {error}") from None


def _check_place(out: Path) -> None:
    """Refuse a run before any work where its folder cannot be written; nothing is left there."""
    nearest = next(place for place in (out, *out.absolute().parents) if place.exists())
    files.check_folder(nearest)


def rate(step: int, steps: int, warm: int = 100, floor: float = 0.02) -> float:
    """The share of the peak learning rate: a linear rise, then a cosine down to ``floor``."""
    progress = min(step / max(steps, 1), 1.0)
    return min((step + 1) / warm, 1.0) * (
        floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2
    )
