"""The training loop: photo crops in, painted crops out, a few losses, one step."""

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from styler.errors import TrainingError
from styler.model import Network, build, load_vgg, set_encoder
from styler.model.device import device
from styler.model.weights import load_network, save_tensors

from . import checkpoint, machine, synthetic
from .config import TrainConfig
from .data import Batch, Crops, Folder
from .judge import Judge
from .objective import Objective
from .optimizer import Muon
from .parallel import Team, team
from .record import Record
from .samples import sample_grid

__all__ = ["Report", "train"]

logger = logging.getLogger(__name__)

Report = Callable[[int, dict[str, float]], None]
"""Called after every step with the number of steps done and the losses, for a progress bar."""


def train(config: TrainConfig, report: Report = lambda step, losses: None) -> Path:
    """Train a network, or go on with the run found in ``config.out``.

    Args:
        config: the run.
        report: called after every step.

    Returns:
        The weights: ``out/weights.safetensors``, the moving average over the steps.

    Raises:
        TrainingError: no usable pictures, or a checkpoint of other settings in ``config.out``.
        WeightsError: the loss network or ``start_from`` cannot be read.
    """
    started = time.monotonic()
    with team() as processes:
        run = Run(config, processes)
        with contextlib.ExitStack() as stack:
            record = None
            if processes.rank == 0:
                opened = Record(config.out, run.step, tensorboard=config.tensorboard)
                record = stack.enter_context(opened)
            while run.step < config.steps:
                step = run.step
                losses = run.advance()
                if record is not None:
                    if step % config.log_every == 0:
                        record.add(step, losses)
                    report(run.step, losses)
                if not math.isfinite(losses["total"]):
                    raise TrainingError(
                        f"the loss is not finite at step {step}; lower --learning-rate"
                    )
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
    """The state of a run: network, average, optimizer, data; ``step`` steps are done."""

    def __init__(self, config: TrainConfig, processes: Team) -> None:
        machine.prepare()
        self.config, self.team = config, processes
        self.device = device(config.device)
        self.precision = machine.precision(config.precision, self.device)
        torch.manual_seed(config.seed)
        self.content = Folder.open(config.content)
        self.style = Folder.open(config.style)
        for reason in (*self.content.unreadable, *self.style.unreadable):
            logger.warning("left out: %s", reason)
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
        config.out.mkdir(parents=True, exist_ok=True)
        self.network = _network(config)
        self.network.to(self.device).to(memory_format=torch.channels_last).train()
        self.network.even_()
        vgg = load_vgg(config.loss_network)
        some, rng = Crops(self.content, 128), np.random.default_rng((config.seed, 1))
        vgg.normalize(some.draw(8, rng).pictures for _ in range(25))
        judge = Judge(vgg, self.device, self.precision, quantiles=config.quantile_weight > 0)
        self.objective = Objective(
            self.network, judge, config, len(self.photos), len(self.paintings)
        )
        trained = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = Muon(trained, lr=config.learning_rate)
        self.average = {name: t.clone() for name, t in self.network.state_dict().items()}
        self.step = 0
        self.path = config.out / "checkpoint.safetensors"
        if self.path.exists():
            self.step = checkpoint.load(
                self.path, config, self.network, self.average, self.optimizer
            )
        if processes.rank == 0:
            (config.out / "config.toml").write_text(checkpoint.toml(config), "utf-8")

    def advance(self) -> dict[str, float]:
        """One step; the pictures and the rate depend on the number of the step alone."""
        config = self.config
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * rate(self.step, config.steps)
        self.optimizer.zero_grad(set_to_none=True)
        parts = [self._gradients(part) for part in range(config.accumulate)]
        losses = {name: sum(p[name] for p in parts) / len(parts) for name in parts[0]}
        self.team.average_(self.network.parameters())
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        self.optimizer.step()
        self.network.even_()
        self._follow(min(config.ema, (1 + self.step) / (10 + self.step)))
        self.step += 1
        return self.team.mean(losses) | {"gradient": norm.item()}

    def _gradients(self, part: int) -> dict[str, float]:
        """Add the gradients of one batch, this process's ``part``-th of the step."""
        config = self.config
        number = self.team.rank * config.accumulate + part
        rng = np.random.default_rng((config.seed, 2, self.step, number))
        content = self._place(self.photos.draw(config.batch, rng))
        style = self._place(self.paintings.draw(config.batch, rng))
        losses = (
            self.objective.reconstruct(content)
            if self.step < config.warmup_steps
            else self.objective.paint(content, style, rng)
        )
        (losses["total"] / config.accumulate).backward()  # type: ignore[no-untyped-call]
        return {name: value.item() for name, value in losses.items()}

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
        if self.team.rank:
            return
        checkpoint.save(
            self.path, self.step, self.config, self.network, self.average, self.optimizer
        )

    def export(self) -> Path:
        path = self.config.out / "weights.safetensors"
        if self.team.rank:
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
        if self.team.rank:
            return
        painter = build(self.config.architecture, norm=self.config.norm).eval()
        painter.load_state_dict(self.average)
        painter.to(self.device)
        folder = self.config.out / "samples"
        folder.mkdir(exist_ok=True)
        sample_grid(painter, self.content, self.style, seed=self.config.seed).save(
            folder / f"{self.step:07d}.png"
        )


def _network(config: TrainConfig) -> Network:
    """The network to train, with the weights that it starts from."""
    network = build(config.architecture, norm=config.norm)
    if config.architecture != "compact":
        depth = 16 if "16" in config.architecture else 19
        set_encoder(network, load_vgg(config.encoder, depth=depth))
    if config.start_from is not None:
        load_network(network, config.start_from)
    return network


def rate(step: int, steps: int, warm: int = 100, floor: float = 0.02) -> float:
    """The share of the peak learning rate: a linear rise, then a cosine down to ``floor``."""
    progress = min(step / max(steps, 1), 1.0)
    return min((step + 1) / warm, 1.0) * (
        floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2
    )
