"""How long painting takes on this machine, and how much memory: each case in a process of its own.

Photo and painting are drawn by code, and go the whole way from encoded bytes to encoded bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from statistics import median
from typing import TYPE_CHECKING

from styler.controls import Controls, Size

from . import memory
from .job import Job, Task
from .output import Saving
from .recipe import Recipe
from .runner import Runner

if TYPE_CHECKING:
    from styler.inference.engine import EngineName

__all__ = ["Case", "Figures", "benchmark"]

LARGE = 30_000
"""A side that every size is cut from, 3 to 2."""


@dataclass(frozen=True)
class Case:
    """What is measured.

    Attributes:
        size: of the photo.
        engine, threads: as :class:`~styler.Stylizer` takes them.
        model: name or folder.
        format: of the painting; the photo is a JPEG.
        repeats: how often it is painted, besides the first time.
        controls: how to paint.
    """

    size: Size
    engine: EngineName = "auto"
    threads: int | None = None
    model: str = "default"
    format: str = "jpeg"
    repeats: int = 3
    controls: Controls = field(default_factory=Controls)


@dataclass(frozen=True)
class Figures:
    """What came of it: seconds, medians but for ``load`` and ``first``, and bytes.

    Attributes:
        width, height: of the photo.
        engine, threads: that painted.
        format: of the painting.
        load: until the network was there.
        first: the first painting, which warms up.
        decode, stylize, encode: each step of a later one.
        seconds: all of a later one.
        per_megapixel: of these.
        peak: the most memory the process had.
        estimate: what it was expected to have.
    """

    width: int
    height: int
    engine: str
    threads: int
    format: str
    load: float
    first: float
    decode: float
    stylize: float
    encode: float
    seconds: float
    per_megapixel: float
    peak: int
    estimate: int


def benchmark(cases: Iterable[Case]) -> Iterator[Figures]:
    """The figures of each case, as they come.

    Raises:
        StylerError: what opening the network, or painting, raises.
    """
    for case in cases:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            yield process.submit(measure, case).result()


def measure(case: Case) -> Figures:
    """One case, in this process, whose peak counts from its start."""
    from styler import Stylizer

    width, height = case.size.fit(LARGE, LARGE * 2 // 3)
    photo, painting = drawn(width, height, seed=0), drawn(256, 256, seed=1)
    recipe = Recipe(((painting, 1.0),), case.controls, model=case.model)
    task = Task(photo)
    job = Job(recipe, (task,), Saving(format=case.format))
    start = time.perf_counter()
    stylizer = Stylizer(case.model, engine=case.engine, threads=case.threads)
    load = time.perf_counter() - start
    runner = Runner(lambda: stylizer)
    runner.prepare(recipe)
    expected = runner.need(job, task, photo).way.peak
    runs = [runner.paint(job, task) for _ in range(1 + case.repeats)]
    first, *later = [(run.seconds or 0.0, run.steps) for run in runs]
    seconds = median(took for took, _ in later or [first])
    steps = {
        name: median(steps[name] for _, steps in later or [first]) / 1000
        for name in ("decode", "stylize", "encode")
    }
    info = stylizer.info
    return Figures(
        width,
        height,
        info.engine,
        info.threads,
        case.format,
        load=load,
        first=first[0],
        seconds=seconds,
        per_megapixel=seconds / (width * height / 1e6),
        peak=round(memory.peak()),
        estimate=expected,
        **steps,
    )


def drawn(width: int, height: int, *, seed: int) -> bytes:
    """A picture of soft colours and grain, as a JPEG."""
    import io

    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(seed)
    colours = Image.fromarray(rng.integers(0, 256, (8, 12, 3), np.uint8))
    picture = colours.resize((width, height), Image.Resampling.BICUBIC)
    for top in range(0, height, 64):  # by rows, or drawing would be the peak
        band = np.asarray(picture.crop((0, top, width, min(top + 64, height))), np.int16)
        band = band + rng.integers(-12, 13, band.shape, np.int16)
        picture.paste(Image.fromarray(band.clip(0, 255).astype(np.uint8)), (0, top))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()
