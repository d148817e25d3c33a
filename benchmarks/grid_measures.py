"""What the two grid measures of `styler evaluate` make of known disturbances of real photos.

    python benchmarks/grid_measures.py PHOTOS

Prints, for each disturbance, `grid` and `local_grid` of the disturbed photo over the photo's own:
the median over the photos of a folder, and the least and the most. A lattice is a dot in every
cell; its size is its standard deviation in levels of 255. One that comes and goes is multiplied by
a smooth random field of mean 0 and deviation 1. Nothing is rounded to whole levels.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from styler.evaluation.metrics import grid_energy, local_grid_energy
from styler.imaging import LUMA, read

Luma = NDArray[np.float64]
Disturbance = Callable[[Luma], Luma]


def lattice(period: int, shape: tuple[int, ...]) -> Luma:
    """A dot in every cell, of mean 0 and deviation 1."""
    dots = np.zeros(shape)
    dots[::period, ::period] = 1
    return (dots - dots.mean()) / dots.std()


def blurred(luma: Luma, sigma: float) -> Luma:
    """A Gaussian blur, cyclic."""
    y, x = (np.fft.fftfreq(side) for side in luma.shape)
    bell = np.exp(-2 * (np.pi * sigma) ** 2 * (y[:, None] ** 2 + x**2))
    return np.fft.ifft2(np.fft.fft2(luma) * bell).real


def noise(shape: tuple[int, ...]) -> Luma:
    return np.random.default_rng(0).standard_normal(shape)


def field(shape: tuple[int, ...]) -> Luma:
    """Smooth noise of mean 0 and deviation 1, whose sign changes every 40 pixels or so."""
    smooth = blurred(noise(shape), 12)
    return (smooth - smooth.mean()) / smooth.std()


def strokes(shape: tuple[int, ...]) -> Luma:
    """Three thousand straight strokes, mostly one way, up to 4 pixels wide."""
    rng = np.random.default_rng(1)
    canvas = Image.new("F", shape[::-1])
    draw = ImageDraw.Draw(canvas)
    for _ in range(3000):
        y, x = rng.uniform(0, shape)
        angle, length = rng.normal(0.6, 0.3), rng.uniform(8, 30)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        draw.line((x, y, *end), float(rng.normal(0, 12)), int(rng.integers(1, 5)))
    return np.asarray(canvas, np.float64)


def disturbances() -> Iterator[tuple[str, Disturbance]]:
    for sigma in (2, 8):
        yield f"noise of {sigma} levels", lambda x, s=sigma: x + s * noise(x.shape)
    yield "strokes", lambda x: x + strokes(x.shape)
    yield "blur of 1 pixel", lambda x: blurred(x, 1)
    for period in (2, 4, 8):
        for size in (0.1, 0.25, 0.5, 1, 2):
            name = f"lattice of {period} pixels, {size:g} levels"
            yield name, lambda x, p=period, s=size: x + s * lattice(p, x.shape)
    for period in (2, 4, 8):
        for size in (1, 2, 4):
            name = f"lattice of {period} pixels that comes and goes, {size:g} levels"
            yield (
                name,
                lambda x, p=period, s=size: x + s * lattice(p, x.shape) * field(x.shape),
            )


def energies(luma: Luma) -> NDArray[np.float64]:
    grey = np.dstack([luma] * 3)
    return np.array([grid_energy(grey), local_grid_energy(grey)])


def main(folder: Path) -> None:
    photos = [read(path).rgb @ LUMA for path in sorted(folder.iterdir())]
    own = [energies(photo) for photo in photos]
    print("| disturbance | grid | local_grid |\n| --- | --- | --- |")
    for name, disturb in disturbances():
        found = np.array([energies(disturb(p)) / o for p, o in zip(photos, own, strict=True)])
        cells = [
            f"{np.median(column):.2f} ({column.min():.2f} to {column.max():.2f})"
            for column in found.T
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
