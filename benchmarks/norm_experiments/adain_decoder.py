"""The AdaIN paper's ablation in small: what a normalizer in the decoder does to style transfer.

    PYTHONPATH=. python benchmarks/norm_experiments/adain_decoder.py PHOTOS PAINTINGS \\
        --loss-network vgg16.safetensors

Huang & Belongie 2017 (arXiv:1703.06868, section 7.2, figures 5 and 6) train encoder - AdaIN -
decoder with nothing, batch norm or instance norm in the decoder. The same here, and group, sample
layer and RMS norm: the classic network with each of them, trained by ``styler.train`` on the same
crops from the same seed, by the losses of content and style alone. Then every network paints the
same pairs of pictures that it was not trained on, which ``styler.evaluation.metrics`` measures.

What has been trained stays in ``--out``: a variant found there is not trained again, and one cut
short goes on. ``strip.png`` there shows a row for each norm.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from figure import figure, smooth
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from styler.evaluation.choice import diagonals
from styler.evaluation.metrics import style_distance
from styler.evaluation.pairs import Evaluation
from styler.imaging import find_pictures, read, to_float
from styler.network import Network, Vgg, build, load_vgg
from styler.network.weights import load_network, load_tensors
from styler.norm import moments
from styler.train import TrainConfig, train
from styler.train.checkpoint import plain

NORMS = ["none", "batch", "instance", "group", "sample_layer", "rms"]
ARCHITECTURE = "classic-vgg16"
LAST = 40
"""Steps at the end of training whose mean loss is told."""
EACH = 2
"""Held-out paintings that each held-out photo is painted in."""

Pixels = NDArray[np.uint8]


class Row(NamedTuple):
    """A norm's line of the table; the last three on pictures it was not trained on."""

    training_style: float
    training_content: float
    style: float
    content: float
    recognized: float


def spread(files: Sequence[Path], count: int) -> list[Path]:
    """``count`` of the files, evenly over their order: neighbours by name are often alike."""
    count = min(count, len(files))
    return [files[i * len(files) // count] for i in range(count)]


def split(folder: Path, pictures: int, held_out: int) -> tuple[list[Path], list[Path]]:
    """Pictures to train on, and others to measure on."""
    files = find_pictures(folder)
    held = spread(files, held_out)
    return spread([file for file in files if file not in held], pictures), held


def link(files: Sequence[Path], folder: Path) -> Path:
    """A folder of links to the files, and to nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, file in enumerate(files):
        (folder / f"{number:04}{file.suffix}").symlink_to(file.resolve())
    return folder


def square(file: Path, side: int) -> Pixels:
    """The middle of a picture, ``(side, side, 3)``."""
    picture = Image.fromarray(read(file).rgb)
    return np.asarray(ImageOps.fit(picture, (side, side), Image.Resampling.LANCZOS))


def trained(config: TrainConfig) -> tuple[Network, list[dict[str, float]]]:
    """The network of a run, trained unless it is there already, and the run's log."""
    weights = config.out / "weights.safetensors"
    if not weights.exists() or json.loads(load_tensors(weights)[1]["recipe"]) != plain(config):

        def report(step: int, losses: dict[str, float]) -> None:
            if step % 50 == 0:
                print(f"{config.norm} {step}: style {losses['style']:.3f}", flush=True)

        train(config, report)
    network = build(ARCHITECTURE, norm=config.norm).requires_grad_(False).eval()
    load_network(network, weights)
    network.to(memory_format=torch.channels_last)
    log = (config.out / "log.jsonl").read_text("utf-8").splitlines()
    return network, [json.loads(line) for line in log]


@torch.inference_mode()
def paint(network: Network, photo: Pixels, painting: Pixels) -> Pixels:
    content, style = (torch.from_numpy(to_float(pixels)) for pixels in (photo, painting))
    painted = network(content, network.style(style))[0].clamp(0, 1)
    return (painted * 255).round().byte().permute(1, 2, 0).numpy()


@torch.inference_mode()
def statistics(judge: Vgg, pixels: Pixels) -> list[tuple[Tensor, Tensor]]:
    return [moments(x) for x in judge(torch.from_numpy(to_float(pixels)))]


def measure(network: Network, evaluation: Evaluation) -> tuple[float, float, float]:
    """Mean style and content distance, and how often the own style is the nearest of all.

    The last one tells paintings in one common style from paintings that are merely inexact.
    """
    judge = evaluation.judge
    palettes = {name: statistics(judge, pixels) for name, pixels in evaluation.paintings.items()}

    def painted(photo: str, painting: str) -> Pixels:
        return paint(network, evaluation.photos[photo], evaluation.paintings[painting])

    found, own = [], []
    for pair, pixels in evaluation.of_pictures(painted):
        look = statistics(judge, pixels)
        distances = {name: style_distance(look, palette) for name, palette in palettes.items()}
        own.append(min(distances, key=distances.__getitem__) == pair.painting)
        found.append(pair.measures)
    return fmean(m.style for m in found), fmean(m.content for m in found), fmean(own)


def strip(networks: dict[str, Network], photo: Pixels, paintings: Sequence[Pixels]) -> Image.Image:
    """Photo and paintings on top, then a row for each network."""
    rows = [[photo, *paintings]]
    for network in networks.values():
        rows.append([photo, *(paint(network, photo, painting) for painting in paintings)])
    return Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in rows]))


def draw(logs: dict[str, list[dict[str, float]]]) -> None:
    with figure("norm-adain-decoder", 2) as axes:
        for axis, loss in zip(axes, ("style", "content"), strict=True):
            for norm, log in logs.items():
                losses = [line[loss] for line in log]
                axis.plot(smooth(losses, 20), linewidth=1.2, label=norm)
            axis.set(xlabel="step", ylabel=f"{loss} loss")
        # Some start at a hundred: the ends, which differ by tenths, are worth the room.
        axes[0].set(yscale="log", ylim=(0.3, 6))
        axes[0].set_yticks([0.3, 0.5, 1, 2, 5], labels=["0.3", "0.5", "1", "2", "5"])
        axes[0].minorticks_off()
        axes[1].legend()


def table(rows: dict[str, Row]) -> str:
    lines = [
        "| norm | style loss | content loss | style, held out | content, held out | own style |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for norm, row in rows.items():
        *losses, recognized = row
        cells = [f"`{norm}`", *(f"{value:.3f}" for value in losses), f"{recognized:.0%}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("paintings", type=Path)
    parser.add_argument("--loss-network", type=Path, required=True, help="VGG-16, encoder as well")
    parser.add_argument("--out", type=Path, default=Path("runs/adain-decoder"))
    parser.add_argument("--norms", nargs="+", default=NORMS, metavar="NORM")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=64)
    parser.add_argument("--pictures", type=int, default=256, help="of each kind to train on")
    parser.add_argument("--held-out", type=int, default=16, help="of each kind to measure on")
    parser.add_argument("--size", type=int, default=128, help="side of what is measured")
    options = parser.parse_args(arguments)

    photos, unseen_photos = split(options.photos, options.pictures, options.held_out)
    paintings, unseen_paintings = split(options.paintings, options.pictures, options.held_out)
    content = link(photos, options.out / "photos")
    style = link(paintings, options.out / "paintings")
    runs, logs = {}, {}
    for norm in options.norms:
        config = TrainConfig(
            content, style, options.out / norm, ARCHITECTURE, norm,
            loss_network=options.loss_network, encoder=options.loss_network,
            steps=options.steps, warmup_steps=0, batch=options.batch,
            crop=options.crop, style_crop=options.crop, cached_crops=1,
            identity_weight=0, grid_weight=0, shift_weight=0,
            log_every=1, sample_every=0,
        )  # fmt: skip
        runs[norm], logs[norm] = trained(config)
    draw(logs)

    content_pixels = {str(file): square(file, options.size) for file in unseen_photos}
    style_pixels = {str(file): square(file, options.size) for file in unseen_paintings}
    pairs = diagonals(list(content_pixels), list(style_pixels))[: EACH * len(content_pixels)]
    judge = load_vgg(options.loss_network)
    evaluation = Evaluation(content_pixels, style_pixels, judge, pairs)
    rows = {}
    for norm, network in runs.items():
        last = logs[norm][-LAST:]
        training = (fmean(line[loss] for line in last) for loss in ("style", "content"))
        rows[norm] = Row(*training, *measure(network, evaluation))
    print(table(rows))
    chosen = [square(file, options.size) for file in spread(unseen_paintings, 6)]
    photo = next(iter(content_pixels.values()))
    strip(runs, photo, chosen).save(options.out / "strip.png")
    print(f"wrote {options.out / 'strip.png'}")


if __name__ == "__main__":
    main()
