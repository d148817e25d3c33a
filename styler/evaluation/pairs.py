"""How good a model is: every pair of photo and painting measured.

Distances are taken on the maps of a VGG as it was trained, not normalized, so that figures compare
with those of other programs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from hashlib import sha256
from itertools import groupby, product
from operator import itemgetter
from statistics import fmean, median
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.imaging import to_float
from styler.inference.stylizer import Stylizer
from styler.network import Vgg
from styler.norm.moments import moments

from .lattice import gradient, lattice
from .metrics import (
    Pixels,
    border_change,
    content_distance,
    frame_error,
    grid_energy,
    local_grid_energy,
    noise_gain,
    psnr,
    shift_error,
    ssim,
    style_distance,
)
from .painted import (
    bands,
    correlation,
    flat_areas,
    flat_strength,
    reduced,
    tile_distances,
)

__all__ = ["Evaluation", "Measures", "Pair", "Scores", "scores"]

LEAST = 64
"""Pixels a side that a picture needs: below, the frequencies of a grid lie too close together."""

SCALES = (1, 2, 4)
"""The pictures are looked at whole, at 1/2 and at 1/4 of their size."""

TOGETHER: dict[str, Callable[[list[Any]], Any]] = {
    "milliseconds": median,  # a stall is not the network's
    "lattice": max,  # one style that shows it is enough
    "lattice_16": max,
}
"""What stands for several pairs, where it is not the mean."""


@dataclass(frozen=True)
class Measures:
    """Of a painting, or means over several; ``None`` is what was not, or cannot be, measured.

    Attributes:
        style: distance of feature statistics to the painting's; 0 is equal.
        content: distance of feature structure to the photo's; 0 is equal, 2 unrelated.
        ssim: structural similarity of luma with the photo; 1 is equal.
        style_half, style_quarter: ``style`` at 1/2 and 1/4 of the size: of broader strokes.
        tile: distance of the middle one of 16 parts to the painting, over that of its own parts.
        worst_tiles: the same of the worst four.
        flat: how strong strokes are where the photo is flat, over the painting's.
        fine, coarse: correlation with the photo at about 4 to 8 and 16 to 32 pixels; 1 is equal.
        identity: PSNR in dB of the photo painted in its own style.
        grid: energy at 1/8, 1/4 and 1/2 cycles a pixel, as a multiple of the photo's own.
        local_grid: the same from place to place: also of a grid that comes and goes.
        border: change within 16 pixels of the border over the change further inside.
        frame: what a border changes in what is painted within 16 pixels of it, in levels of 255.
        shift: change of the painting when the photo moves by a pixel, in levels of 255.
        noise: how much of a little noise in the photo arrives in the painting; 1 keeps it.
        lattice, lattice_16: amplitude of a lattice on a smooth gradient in this style, painted with
            8 and with 16 bits, in levels of 255; of several the largest.
        milliseconds: for one painting, the style known; of several the median.
    """

    style: float
    content: float
    ssim: float
    style_half: float | None = None
    style_quarter: float | None = None
    tile: float | None = None
    worst_tiles: float | None = None
    flat: float | None = None
    fine: float | None = None
    coarse: float | None = None
    identity: float | None = None
    grid: float | None = None
    local_grid: float | None = None
    border: float | None = None
    frame: float | None = None
    shift: float | None = None
    noise: float | None = None
    lattice: float | None = None
    lattice_16: float | None = None
    milliseconds: float | None = None


@dataclass(frozen=True)
class Pair:
    """A photo in the style of a painting; ``strength`` is ``None`` where it is not known."""

    photo: str
    painting: str
    strength: float | None
    measures: Measures


@dataclass(frozen=True)
class Scores:
    """Means over the pairs that were painted at one strength."""

    strength: float | None
    pairs: int
    means: Measures


def scores(pairs: Iterable[Pair]) -> list[Scores]:
    """The means of each strength, in the order in which they come."""
    by_strength: dict[float | None, list[Measures]] = {}
    for pair in pairs:
        by_strength.setdefault(pair.strength, []).append(pair.measures)
    return [
        Scores(strength, len(measures), _means(measures))
        for strength, measures in by_strength.items()
    ]


def _means(measures: Sequence[Measures]) -> Measures:
    means: dict[str, Any] = {}
    for field in fields(Measures):
        every = (getattr(one, field.name) for one in measures)
        known = [value for value in every if value is not None]
        means[field.name] = TOGETHER.get(field.name, fmean)(known) if known else None
    return Measures(**means)


class Evaluation:
    """Photos and paintings to measure painters on, as a judge sees them.

    Args:
        photos, paintings: by name; taken at their own size, 64 pixels a side or more.
        judge: a VGG as :func:`styler.network.load_vgg` returns it.
        pairs: names of photo and painting; by default every photo with every painting.

    Raises:
        ParameterError: a picture is too small, or a painting of one colour.

    Attributes:
        pairs: the same, those of one photo in a row.
        fingerprint: of judge, pictures and pairs: figures of equal fingerprint can be compared.
    """

    def __init__(
        self,
        photos: Mapping[str, Pixels],
        paintings: Mapping[str, Pixels],
        judge: Vgg,
        pairs: Iterable[tuple[str, str]] | None = None,
    ) -> None:
        for name, pixels in (*photos.items(), *paintings.items()):
            height, width = pixels.shape[:2]
            if min(height, width) < LEAST:
                raise ParameterError(
                    f"{name}: {width}x{height} pixels are too few to measure; "
                    f"give pictures of at least {LEAST}x{LEAST}"
                )
        for name, pixels in paintings.items():
            if (pixels == pixels[0, 0]).all():
                raise ParameterError(f"{name}: is of one colour; give a painting with a texture")
        self.photos, self.paintings, self.judge = photos, paintings, judge
        self.pairs = sorted(product(photos, paintings) if pairs is None else pairs)
        self._manner = cache(lambda painting: _Manner(judge, paintings[painting]))

    @property
    def fingerprint(self) -> str:
        digest = sha256()
        for tensor in self.judge.state_dict().values():
            digest.update(tensor.numpy().tobytes())
        for photo, painting in self.pairs:
            for pixels in (self.photos[photo], self.paintings[painting]):
                digest.update(repr(pixels.shape).encode() + pixels.tobytes())
        return digest.hexdigest()[:16]

    def of_model(
        self, stylizer: Stylizer, strengths: Iterable[float] = (1.0,)
    ) -> Iterator[tuple[Pair, Pixels]]:
        """Paint every pair at every strength; yields what was measured, and the painting."""
        strengths = list(strengths)
        style = cache(lambda painting: stylizer.style(self.paintings[painting], size=None))

        @cache
        def lattices(painting: str, strength: float) -> tuple[float, float]:
            paint = partial(stylizer.stylize, style=style(painting), strength=strength)
            return lattice(paint(gradient(np.uint8))), lattice(paint(gradient(np.uint16)))

        for name, paintings in self._by_photo():
            photo = self.photos[name]
            look = _Look(self.judge, photo)
            own = stylizer.style(photo, size=None)  # at any strength: halfway to itself is itself
            identity = psnr(stylizer.stylize(photo, own), photo)
            for painting, strength in product(paintings, strengths):
                paint = partial(stylizer.stylize, style=style(painting), strength=strength)
                started = perf_counter()
                painted = paint(photo)
                elapsed = perf_counter() - started
                eight, sixteen = lattices(painting, strength)
                measures = Measures(
                    **look.at(painted, self._manner(painting)),
                    identity=identity,
                    frame=frame_error(paint, photo, painted),
                    shift=shift_error(paint, photo, painted),
                    noise=noise_gain(paint, photo, painted),
                    lattice=eight,
                    lattice_16=sixteen,
                    milliseconds=1000 * elapsed,
                )
                yield Pair(name, painting, strength, measures), painted

    def of_pictures(self, painted: Callable[[str, str], Pixels]) -> Iterator[tuple[Pair, Pixels]]:
        """Measure what another program has painted, as far as that needs no painting.

        Args:
            painted: from the names of photo and painting to a picture of the photo's size.

        Raises:
            ParameterError: a picture has another size than its photo.
        """
        for name, paintings in self._by_photo():
            look = _Look(self.judge, self.photos[name])
            for painting in paintings:
                pixels = painted(name, painting)
                if pixels.shape != self.photos[name].shape:
                    (h, w), (height, width) = pixels.shape[:2], self.photos[name].shape[:2]
                    raise ParameterError(
                        f"{name} as {painting} is {w}x{h}, the photo {width}x{height}; "
                        "give both at one size"
                    )
                measures = Measures(**look.at(pixels, self._manner(painting)))
                yield Pair(name, painting, None, measures), pixels

    def _by_photo(self) -> Iterator[tuple[str, list[str]]]:
        for photo, pairs in groupby(self.pairs, itemgetter(0)):
            yield photo, [painting for _, painting in pairs]


class _Manner:
    """What pictures in the manner of one painting are held against."""

    def __init__(self, judge: Vgg, painting: Pixels) -> None:
        maps = [_maps(judge, painting, scale) for scale in SCALES]
        self.statistics = [[moments(x) for x in one] for one in maps]
        self.own_tiles = float(tile_distances(maps[1], self.statistics[1]).mean())
        self.bands = bands(painting)


class _Look:
    """What paintings of one photo are held against."""

    def __init__(self, judge: Vgg, photo: Pixels) -> None:
        self.judge, self.photo = judge, photo
        self.structure = _maps(judge, photo)[-1]
        self.grid, self.local_grid = grid_energy(photo), local_grid_energy(photo)
        self.bands, self.flat = bands(photo), flat_areas(photo)

    def at(self, painted: Pixels, manner: _Manner) -> dict[str, Any]:
        maps = [_maps(self.judge, painted, scale) for scale in SCALES]
        whole, half, quarter = (
            style_distance([moments(x) for x in one], wanted)
            for one, wanted in zip(maps, manner.statistics, strict=True)
        )
        tiles = tile_distances(maps[1], manner.statistics[1]).sort().values
        found = bands(painted)
        return {
            "style": whole,
            "content": content_distance(maps[0][-1], self.structure),
            "ssim": ssim(painted, self.photo),
            "style_half": half,
            "style_quarter": quarter,
            "tile": _over(float(tiles.median()), manner.own_tiles),
            "worst_tiles": _over(float(tiles[-4:].mean()), manner.own_tiles),
            "flat": None if self.flat is None else flat_strength(found, manner.bands, self.flat),
            "fine": correlation(found[1], self.bands[1]),
            "coarse": correlation(found[3], self.bands[3]),
            "grid": _over(grid_energy(painted), self.grid),
            "local_grid": _over(local_grid_energy(painted), self.local_grid),
            "border": border_change(self.photo, painted),
        }


def _over(value: float, base: float) -> float | None:
    return value / base if base else None


@torch.inference_mode()
def _maps(judge: Vgg, pixels: Pixels, scale: int = 1) -> list[Tensor]:
    maps: list[Tensor] = judge(reduced(torch.from_numpy(to_float(pixels)), scale))
    return maps
