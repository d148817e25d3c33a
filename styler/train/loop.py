"""The training loop: photo crops in, painted crops out, four losses, one step."""

import contextlib
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import TrainingError
from styler.model import build, load_vgg, set_encoder
from styler.model.device import device
from styler.model.weights import load_network, save_tensors

from . import checkpoint, machine
from .config import TrainConfig
from .data import Batch, Crops, Folder
from .judge import Judge, Memory
from .losses import content_loss, grid_loss, statistics, style_loss
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
    run = Run(config)
    log_path = config.out / "log.jsonl"
    checkpoint.truncate_log(log_path, run.step)
    with log_path.open("a") as log:
        while run.step < config.steps:
            step = run.step
            losses = run.advance()
            if step % config.log_every == 0:
                log.write(json.dumps({"step": step, **losses}) + "\n")
                log.flush()
            report(run.step, losses)
            if not math.isfinite(losses["total"]):
                raise TrainingError(f"the loss is not finite at step {step}; lower --learning-rate")
            if run.step % config.sample_every == 0:
                run.sample()
            if run.step % config.checkpoint_every == 0:
                run.save()
            if config.minutes is not None and time.monotonic() - started > config.minutes * 60:
                break
    run.save()
    run.sample()
    return run.export()


class Run:
    """The state of a run: network, average, optimizer, data; ``step`` steps are done."""

    def __init__(self, config: TrainConfig) -> None:
        machine.prepare()
        self.config = config
        self.device = device(config.device)
        self.precision = machine.precision(config.precision, self.device)
        torch.manual_seed(config.seed)
        self.content = Folder.open(config.content)
        self.style = Folder.open(config.style)
        for reason in (*self.content.unreadable, *self.style.unreadable):
            logger.warning("left out: %s", reason)
        fixed = config.cached_crops
        self.photos = Crops(self.content, config.crop, fixed=fixed, seed=(config.seed, 4))
        self.paintings = Crops(
            self.style, config.style_crop, config.recolour, fixed, (config.seed, 5)
        )
        config.out.mkdir(parents=True, exist_ok=True)
        self.network = build(config.architecture, norm=config.norm)
        if config.architecture != "compact":
            set_encoder(
                self.network,
                load_vgg(config.encoder, depth=16 if "16" in config.architecture else 19),
            )
        if config.start_from is not None:
            load_network(self.network, config.start_from)
        self.network.to(self.device).to(memory_format=torch.channels_last).train()
        self.network.even_()
        vgg = load_vgg(config.loss_network)
        some, rng = Crops(self.content, 128), np.random.default_rng((config.seed, 1))
        vgg.normalize(some.draw(8, rng).pictures for _ in range(25))
        self.judge = Judge(vgg, self.device, self.precision)
        self.structure = Memory(self.judge.structure, len(self.photos))
        self.palette = Memory(self.judge.palette, len(self.paintings))
        trained = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.Adam(trained, lr=config.learning_rate, betas=(0.9, 0.99))
        self.average = {name: t.clone() for name, t in self.network.state_dict().items()}
        self.step = 0
        self.path = config.out / "checkpoint.safetensors"
        if self.path.exists():
            self.step = checkpoint.load(
                self.path, config, self.network, self.average, self.optimizer
            )

    def advance(self) -> dict[str, float]:
        """One step; the pictures and the rate depend on the number of the step alone."""
        config, step = self.config, self.step
        rng = np.random.default_rng((config.seed, 2, step))
        content = self._place(self.photos.draw(config.batch, rng))
        style = self._place(self.paintings.draw(config.batch, rng))
        for group in self.optimizer.param_groups:
            group["lr"] = config.learning_rate * rate(step, config.steps)
        self.optimizer.zero_grad(set_to_none=True)
        losses = (
            self._reconstruct(content.pictures)
            if step < config.warmup_steps
            else self._paint(content, style)
        )
        losses["total"].backward()  # type: ignore[no-untyped-call]
        losses["gradient"] = nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        self.optimizer.step()
        self.network.even_()
        self._follow(min(config.ema, (1 + step) / (10 + step)))
        self.step += 1
        return {name: value.item() for name, value in losses.items()}

    def _place(self, batch: Batch) -> Batch:
        placed = batch.pictures.to(self.device).to(memory_format=torch.channels_last)
        return replace(batch, pictures=placed)

    def _autocast(self) -> contextlib.AbstractContextManager[None]:
        narrow = self.precision != torch.float32
        return (
            torch.autocast(self.device.type, self.precision) if narrow else contextlib.nullcontext()
        )

    def _reconstruct(self, content: Tensor) -> dict[str, Tensor]:
        with self._autocast():
            output = self.network(content, self.network.style(content))
        identity = F.l1_loss(output.float(), content)
        return {"identity": identity, "total": self.config.identity_weight * identity}

    def _paint(self, content: Batch, style: Batch) -> dict[str, Tensor]:
        config = self.config
        count = len(content.pictures)
        # A quarter of the photos are painted in their own style, too.
        own = content.pictures[: -(-count // 4)]
        with self._autocast():
            joined = [
                type(t)(*(torch.cat(pair) for pair in zip(t, s, strict=True)))
                for t, s in zip(
                    self.network.style(style.pictures), self.network.style(own), strict=True
                )
            ]
            output = self.network(torch.cat((content.pictures, own)), joined)
        painted, same = output.float().split((count, len(own)))
        maps = self.judge.maps(painted)
        seen = statistics(maps)
        losses = {
            "content": content_loss(maps[-1], seen[-1], self.structure(content)),
            "style": style_loss(seen, self.judge.unpack(self.palette(style))).mean(),
            "identity": F.l1_loss(same, own),
            "grid": grid_loss(painted),
        }
        weights = {name: getattr(config, f"{name}_weight") for name in losses}
        return losses | {"total": sum(weights[name] * losses[name] for name in losses)}

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        state = self.network.state_dict()
        floating = [name for name, tensor in state.items() if tensor.is_floating_point()]
        torch._foreach_lerp_(
            [self.average[n] for n in floating], [state[n] for n in floating], 1 - decay
        )

    def save(self) -> None:
        checkpoint.save(
            self.path, self.step, self.config, self.network, self.average, self.optimizer
        )

    def export(self) -> Path:
        path = self.config.out / "weights.safetensors"
        metadata = {
            "architecture": self.config.architecture,
            "norm": self.config.norm,
            "steps": str(self.step),
            "recipe": json.dumps(checkpoint.plain(self.config)),
        }
        save_tensors(self.average, path, metadata)
        return path

    def sample(self) -> None:
        painter = build(self.config.architecture, norm=self.config.norm).eval()
        painter.load_state_dict(self.average)
        painter.to(self.device)
        folder = self.config.out / "samples"
        folder.mkdir(exist_ok=True)
        sample_grid(painter, self.content, self.style, seed=self.config.seed).save(
            folder / f"{self.step:07d}.png"
        )


def rate(step: int, steps: int, warm: int = 100, floor: float = 0.02) -> float:
    """The share of the peak learning rate: a linear rise, then a cosine down to ``floor``."""
    progress = min(step / max(steps, 1), 1.0)
    return min((step + 1) / warm, 1.0) * (
        floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2
    )
