"""How many times as long others take to paint what styler paints: paired, in one run.

    PYTHONPATH=. python benchmarks/ratios.py [--side 512 1024] [--threads 2] [--repeats 9] [--cpu]

Each painter paints the same photo in turn, all with the style looked at beforehand; a row holds
milliseconds, and the ratio to styler of each turn, as medians. With ``--cpu`` it is processor time,
which says the same on a machine that others work on, too. Styler goes from the photo's pixels
to those of the painting with default controls, by way of onnxruntime. The others are plain torch
with random weights, which take as long as trained ones, and are timed from tensor to tensor:
MicroAST (Wang et al. 2023), and the network of the AdaIN paper (Huang & Belongie 2017) with its
VGG-19 encoder.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from styler import Stylizer, presets
from styler.imaging import read, to_float
from styler.jobs import memory
from styler.jobs.benchmark import drawn
from styler.network import build
from styler.network.microast import MicroAST
from styler.styles import resolve


def painters(side: int, threads: int, model: str) -> dict[str, Callable[[], object]]:
    photo = read(drawn(side, side, seed=0)).rgb
    stylizer = Stylizer(model, threads=threads)
    style = resolve(presets()[0].name, Path(stylizer.info.path), stylizer.style)
    x = torch.from_numpy(to_float(photo))
    painting = torch.rand(1, 3, 512, 512)
    micro, adain = MicroAST().eval(), build("classic").eval()
    manner, statistics = micro.style(painting), adain.style(painting)
    return {
        "styler": lambda: stylizer.stylize(photo, style),
        "MicroAST": lambda: micro(x, manner),
        "AdaIN": lambda: adain(x, statistics),
    }


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--side", type=int, nargs="+", default=[512, 1024])
    parser.add_argument("--against", nargs="+", default=["MicroAST", "AdaIN"])
    parser.add_argument("--model", default="default")
    parser.add_argument("--cpu", action="store_true")
    given = parser.parse_args()
    clock = time.process_time if given.cpu else time.perf_counter
    torch.set_num_threads(given.threads)
    memory.apart()  # as the command line and the server have it
    for side in given.side:
        turns: dict[str, list[float]] = {}
        ready = painters(side, given.threads, given.model)
        ready = {name: ready[name] for name in ("styler", *given.against)}
        for turn in range(given.repeats + 1):  # the first warms up
            for name, paint in ready.items():
                start = clock()
                paint()
                if turn:
                    turns.setdefault(name, []).append(clock() - start)
        for name, seconds in turns.items():
            ratios = np.divide(seconds, turns["styler"])
            print(f"{side}  {name:10} {1000 * median(seconds):8.0f} ms  {median(ratios):6.2f}")


if __name__ == "__main__":
    main()
