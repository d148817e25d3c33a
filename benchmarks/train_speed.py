"""Samples a second of `styler train` against the plain loop, in one process.

    PYTHONPATH=. python benchmarks/train_speed.py [--threads N] [--device D] [--batch N] [--crop N]
        [--steps N] [--cached-crops N] [--compile] [--content DIR --style DIR] [--loss-network FILE]

Ours is the loop as docs/training.md advises it for a CPU: crops that come again, with what the loss
network says of them kept; bfloat16 where the hardware multiplies it; channels_last. The plain one
has the same network and losses in float32 and NCHW, and crops and looks anew at every step. They
take steps in turns, so that what else the machine does weighs on both alike, and medians are shown;
a step counts its processor time with one thread on a CPU, its wall time otherwise. What is kept of
crops is computed before the clock starts, as it is once in a run.

Without folders, pictures are drawn by code, and without a loss network a random VGG-16 is taken:
speed depends on neither. The bar: a ratio of 1.5 on two CPU cores.
"""

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np
import torch

from styler.network import Vgg
from styler.network.weights import save_tensors
from styler.train import TrainConfig, synthetic
from styler.train.data import Batch
from styler.train.distributed import ProcessGroup
from styler.train.loop import Run


class PlainRun(Run):
    """Fresh crops in float32 and NCHW."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(
            replace(config, cached_crops=0, precision="float32", compile=False), ProcessGroup()
        )
        for network in (self.network, self.objective.loss_network.vgg):
            network.to(memory_format=torch.contiguous_format)

    def _place(self, batch: Batch) -> Batch:
        return replace(batch, pictures=batch.pictures.contiguous())


def remember(run: Run) -> None:
    """Look at every crop that comes again, as the first steps of a run would."""
    for crops, memory in (
        (run.photos, run.objective.structure),
        (run.paintings, run.objective.style_rows),
    ):
        rng = np.random.default_rng(0)
        while len(memory.known) < len(crops):
            memory(run._place(crops.draw(len(crops.folder), rng)))


def pictures(folder: Path, count: int, seed: int) -> Path:
    """A folder of pictures drawn by code."""
    folder.mkdir()
    for number in range(count):
        synthetic.draw(np.random.default_rng((seed, number))).save(folder / f"{number}.png")
    return folder


def random_vgg(path: Path) -> Path:
    torch.manual_seed(0)
    named = [
        (f"conv{block}_{layer}", convolution)
        for block, layers in enumerate(Vgg().blocks, start=1)
        for layer, convolution in enumerate(layers, start=1)
    ]
    tensors = {f"{name}.{kind}": t for name, c in named for kind, t in c.state_dict().items()}
    save_tensors(tensors, path, {})
    return path


def timed(run: Run, clock: Callable[[], float]) -> float:
    started = clock()
    run.fetch(run.advance())  # waits for the device
    return clock() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=128)
    parser.add_argument("--steps", type=int, default=20, help="of each loop")
    parser.add_argument("--cached-crops", type=int, default=2)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--content", type=Path, help="folder of photos")
    parser.add_argument("--style", type=Path, help="folder of paintings")
    parser.add_argument("--loss-network", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = TrainConfig(
            content=args.content or pictures(folder / "photos", 16, 1),
            style=args.style or pictures(folder / "paintings", 16, 2),
            out=folder / "run",
            loss_network=args.loss_network or random_vgg(folder / "vgg.safetensors"),
            device=args.device,
            batch=args.batch,
            crop=args.crop,
            style_crop=args.crop,
            cached_crops=args.cached_crops,
            compile=args.compile,
            warmup_steps=0,
        )
        ours, plain = Run(config, ProcessGroup()), PlainRun(config)
        remember(ours)
        for run in (ours, plain):
            for _ in range(3):  # allocate, compile
                run.fetch(run.advance())
        on_cpu = ours.device.type == "cpu"
        clock = process_time if on_cpu and args.threads == 1 else perf_counter
        pairs = [(timed(ours, clock), timed(plain, clock)) for _ in range(args.steps)]
    where = f"{args.threads} CPU threads" if on_cpu else torch.cuda.get_device_name(ours.device)
    print(f"batch {args.batch}, crop {args.crop}, {args.steps} steps each, {where}")
    for title, run, seconds in zip(
        ("styler train", "plain loop"), (ours, plain), zip(*pairs, strict=True), strict=True
    ):
        step = median(seconds)
        precision = str(run.precision).removeprefix("torch.")
        print(
            f"{title:12}  {precision:8}  {step:7.4f} s a step  {args.batch / step:7.1f} samples/s"
        )
    print(f"ratio {median(theirs / own for own, theirs in pairs):.2f}")
    if not on_cpu:
        print(
            f"memory {torch.cuda.max_memory_allocated(ours.device) / 2**30:.1f} GiB at most, both"
        )


if __name__ == "__main__":
    main()
