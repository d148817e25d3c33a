"""How much painted clips flicker: warping error along motion that is known.

    PYTHONPATH=. python benchmarks/flicker.py PHOTO PHOTO... [--style NAME] [--save FOLDER]

Each photo is filmed by code in 640x360, 10 frames each, so that where every pixel was in the frame
before is known exactly: a pan and a slower one by parts of pixels, a zoom, a turn, an object from
another photo that walks into a still scene, a still scene under a sensor's noise, and a cut. Each
clip is painted frame by frame, by the plain average of all its frames' statistics, and as `styler
video` does.

The error of a frame (Lai et al., "Learning blind video temporal consistency", ECCV 2018) is the
root mean square difference, in levels of 255, between it and the painting of the frame before moved
to it; without pixels that were hidden or outside. Both are blurred by a pixel first: what is finer
is lost to any interpolation, and would count as flicker everywhere. A row holds its mean over
frames and photos, that of the clip itself, and how sharp the paintings are beside those frame by
frame (root mean square of differences between neighbouring pixels).
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from styler import Picture, Stylizer
from styler.imaging import Animation, blur, read, resize
from styler.inference.keywords import Keywords
from styler.inference.moving import _Learning
from styler.inference.shots import Statistics, key_of
from styler.inference.steady import Steady
from styler.inference.warp import moved

WIDTH, HEIGHT, FRAMES, RATE = 640, 360, 10, 25
FINE = 2  # pixels of a photo in one of a frame, so that filming it blurs all frames alike
LENS = 0.7  # deviation of what a lens blurs, in pixels of a frame: nothing aliases as it moves
Matrix = NDArray[np.float64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Frame:
    """A frame, the way back to the one before it, and where that can be gone."""

    rgb: NDArray[np.uint8]
    back: Floats | None  # (2, H, W)
    seen: NDArray[np.bool_] | None  # (H, W)


def camera(x: float, y: float, scale: float = 1, turn: float = 0) -> Matrix:
    """From places of a frame, about its middle, to those of a photo, about its own."""
    c, s = cos(radians(turn)) * scale, sin(radians(turn)) * scale
    return np.array([[c, -s, x], [s, c, y], [0, 0, 1]])


def filmed(photo: Image.Image, view: Matrix) -> NDArray[np.uint8]:
    """A photo seen by a camera."""
    centre = np.array([[1, 0, photo.width / 2], [0, 1, photo.height / 2], [0, 0, 1]])
    middle = np.array([[1, 0, -WIDTH / 2], [0, 1, -HEIGHT / 2], [0, 0, 1]])
    whole = centre @ np.diag([FINE, FINE, 1]) @ view @ middle
    return np.asarray(
        photo.transform(
            (WIDTH, HEIGHT),
            Image.Transform.AFFINE,
            whole[:2].ravel().tolist(),
            Image.Resampling.BICUBIC,
        )
    )


def way(now: Matrix, before: Matrix) -> Floats:
    """From each pixel's place to where the same thing was in the frame before."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    there = np.linalg.inv(before) @ now
    x, y = columns - WIDTH / 2, rows - HEIGHT / 2
    moves = [row[0] * x + row[1] * y + row[2] for row in there[:2]]
    return np.stack([moves[0] - x, moves[1] - y]).astype(np.float32)


def inside(back: Floats) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    x, y = columns + back[0], rows + back[1]
    return (x >= 0) & (x <= WIDTH - 1) & (y >= 0) & (y <= HEIGHT - 1)


def shot(photo: Image.Image, views: list[Matrix], noise: float = 0) -> Iterator[Frame]:
    """A photo along a camera's way."""
    rng = np.random.default_rng(0)
    for number, view in enumerate(views):
        rgb = filmed(photo, view)
        if noise:
            rgb = np.clip(np.rint(rgb + rng.normal(0, noise, rgb.shape)), 0, 255).astype(np.uint8)
        back = way(view, views[number - 1]) if number else None
        yield Frame(rgb, back, None if back is None else inside(back))


def walk(photo: Image.Image, other: Image.Image) -> Iterator[Frame]:
    """A part of another photo walks in over a still scene."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    still, views, covers = camera(0, 0), [], []
    for number in range(FRAMES):
        x = -80 + 26.5 * number
        views.append(camera(WIDTH / 2 - x, -3 * number))
        covers.append(np.hypot((columns - x) / 100, (rows - HEIGHT / 2 - 3 * number) / 130) < 1)
        thing = filmed(other, views[-1])
        rgb = np.where(covers[-1][..., None], thing, filmed(photo, still))
        if number == 0:
            yield Frame(rgb, None, None)
            continue
        back = np.where(covers[-1], way(views[-1], views[-2]), 0).astype(np.float32)
        # Whoever takes the way back must arrive well within the same layer.
        layers = np.stack([covers[-2], ~covers[-2]]).astype(np.float32)
        there = moved(blur(layers, 2.0), back, smooth=False)
        same = np.where(covers[-1], there[0], there[1]) > 0.999
        edge = blur(covers[-1][None].astype(np.float32), 2.0)[0]
        yield Frame(rgb, back, same & inside(back) & ((edge > 0.999) | (edge < 0.001)))


def clips(photo: Image.Image, other: Image.Image) -> dict[str, list[Frame]]:
    steps = range(FRAMES)
    ways = {
        "pan": [camera(-60 + 9.3 * n, -20 + 3.1 * n) for n in steps],
        "slow pan": [camera(-10 + 0.7 * n, 0.4 * n) for n in steps],
        "zoom": [camera(0, 0, 1.1 * 0.985**n) for n in steps],
        "turn": [camera(0, 0, 1, 1.5 * n) for n in steps],
    }
    cut = [*shot(photo, ways["pan"][:5]), *shot(other, ways["pan"][5:])]
    return {name: [*shot(photo, views)] for name, views in ways.items()} | {
        "walk": [*walk(photo, other)],
        "noise": [*shot(photo, [camera(0, 0)] * FRAMES, noise=4)],
        "cut": cut,
    }


class Average(Steady):
    """The plain average: the statistics of all frames are those of each."""

    def __init__(self, known: Statistics) -> None:
        self.known = known

    def statistics(self, key, own):
        return self.known.at(key_of(key), 0, 0, own)


def painters(stylizer: Stylizer, style: str) -> dict[str, Callable[[list[Picture]], list]]:
    def alone(frames: list[Picture]) -> list[Picture]:
        return [stylizer.stylize(frame, style) for frame in frames]

    def average(frames: list[Picture]) -> list[Picture]:
        known, given = Statistics(), Keywords()
        styles = stylizer._resolve(style, given.style_size)
        for frame in frames:
            stylizer._painted(frame, styles, given, _Learning(known, 0, 0))
        return [stylizer._painted(frame, styles, given, Average(known)) for frame in frames]

    def steady(frames: list[Picture]) -> list[Picture]:
        clip = Animation(tuple(frames), (1000 / RATE,) * len(frames))
        return [*stylizer.animate(clip, style).frames]

    return {"frame by frame": alone, "average": average, "steady": steady}


def error(frames: list[Frame], painted: list[NDArray[np.uint8]]) -> float:
    found = []
    for frame, now, before in zip(frames[1:], painted[1:], painted, strict=False):
        if frame.back is None:
            continue
        here, there = (blur(p.transpose(2, 0, 1).astype(np.float32), 1.0) for p in (now, before))
        off = np.square(moved(there, frame.back) - here).mean(0)
        found.append(float(np.sqrt(off[frame.seen].mean())))
    return fmean(found)


def sharpness(painted: list[NDArray[np.uint8]]) -> float:
    return fmean(float(np.square(np.diff(p.astype(float), axis=1)).mean()) for p in painted[1:])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--style", default="turner-temeraire")
    parser.add_argument("--clip", action="append", help="only clips of this name")
    parser.add_argument("--save", type=Path, help="write all frames there as PNG")
    given = parser.parse_args()
    photos = [
        Image.fromarray(resize(read(path).rgb, short_side=560 * FINE, upscale=True)).filter(
            ImageFilter.GaussianBlur(LENS * FINE)
        )
        for path in given.photos
    ]
    methods = painters(Stylizer(), given.style)
    errors: dict[tuple[str, str], list[float]] = {}
    sharp: dict[tuple[str, str], list[float]] = {}
    for index, photo in enumerate(photos):
        for name, frames in clips(photo, photos[(index + 1) % len(photos)]).items():
            if given.clip and name not in given.clip:
                continue
            shown = [Picture(frame.rgb) for frame in frames]
            results = {"clip": shown} | {m: paint(shown) for m, paint in methods.items()}
            for method, pictures in results.items():
                pixels = [picture.rgb for picture in pictures]
                errors.setdefault((name, method), []).append(error(frames, pixels))
                sharp.setdefault((name, method), []).append(sharpness(pixels))
                if given.save:
                    folder = given.save / f"{given.photos[index].stem}-{name}-{method}"
                    folder.mkdir(parents=True, exist_ok=True)
                    for number, image in enumerate(pixels):
                        Image.fromarray(image).save(folder / f"{number:02}.png")
    columns = ("clip", *methods)
    print(f"{'':10}" + "".join(f"{column:>16}" for column in columns) + "  of frames   sharp")
    rows = []
    for name in dict.fromkeys(name for name, _ in errors):
        row = [fmean(errors[name, column]) for column in columns]
        keen = [fmean(sharp[name, column]) ** 0.5 for column in columns]
        rows.append([*row, row[-1] / row[1], keen[-1] / keen[1]])
    rows.append([fmean(column) for column in zip(*rows, strict=True)])
    rows[-1][-2] = rows[-1][-3] / rows[-1][1]
    for name, (*levels, share, keen) in zip(
        [*dict.fromkeys(name for name, _ in errors), "mean"], rows, strict=True
    ):
        print(f"{name:10}" + "".join(f"{x:16.2f}" for x in levels) + f"{share:11.2f}{keen:8.2f}")


if __name__ == "__main__":
    main()
