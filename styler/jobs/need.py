"""How much memory painting a picture takes, told by its header.

A picture is decoded, painted and encoded; each step holds the pixels it takes, those it makes, and
what decoder, network or encoder hold besides. Bytes a pixel were measured by
``benchmarks/memory.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Self

from styler.errors import TooLargeError

from .memory import resident

if TYPE_CHECKING:
    from collections.abc import Sequence

    from styler.controls import Controls
    from styler.imaging import Header

__all__ = ["Need", "Way", "too_much"]

PAINTING = 20e6
"""Bytes for threads and what is small, whatever is painted."""

STRIPS = 20e6
"""Bytes for the strips of a painting that is enlarged."""

BANDS = 16e6
"""Bytes for bands of rows."""

CANVAS = 250
"""Bytes a pixel of what the network paints at once: its maps."""

TILED = 58
"""Bytes a pixel of a canvas that it paints by tiles: its pictures, and maps between stages; of any
that is enlarged, with what leads it."""

PICTURES = 24
"""Bytes a pixel of a canvas and its painting alone."""

MASK = 8
"""Bytes a pixel of a canvas for each mask."""

TILES = (512, 256, 128)
"""Sides of tiles, from the fastest."""

BEYOND = 40
"""Pixels beyond a tile that the network sees."""

ENCODERS = {
    "jpeg": 4.5,
    "png": 5.2,
    "webp": 10.0,
    "avif": 30.0,
    "heic": 30.0,
    "tiff": 1.5,
    "bmp": 8.0,
    "gif": 8.0,
}
"""Bytes a pixel that an encoder holds, what it makes included."""

OTHERS, PLAIN = 8.0, 3.0
"""Bytes a pixel of a style or mask as it is looked at, besides what its decoder holds; of one that
is made smaller by bands."""

OPTIMIZING = 6.0
"""The same of JPEG's own codes, for pictures that get them."""


@dataclass(frozen=True)
class Way:
    """How to paint one picture.

    Attributes:
        peak: bytes that the process then has.
        tile: side of the tiles of its canvas.
        on_disk: whether its pixels are to be on disk.
    """

    peak: int
    tile: int
    on_disk: bool


@dataclass(frozen=True)
class Need:
    """The peak of the process as it paints one picture.

    Attributes:
        width, height: of the painting.
        ways: to paint it, from the fastest to that of least memory.
    """

    width: int
    height: int
    ways: tuple[Way, ...]

    @classmethod
    def of(
        cls,
        header: Header,
        controls: Controls,
        kind: str,
        bits: int | None = None,
        *,
        masks: int = 0,
        others: Sequence[Header] = (),
        rest: float | None = None,
    ) -> Self:
        """What a photo needs that is painted so, and written as ``kind`` of ``bits``, besides the
        ``rest`` of the process, by default what it has now. ``others`` are styles and masks that
        are looked at one after the other while it waits, ``masks`` how many of these there are."""
        from styler.imaging import FORMATS, optimizes

        stored = header.width * header.height
        width, height = controls.fit(header.width, header.height)
        across, down = controls.fit_canvas(width, height)
        pixels, canvas = width * height, across * down
        channels = 4 if header.alpha else 3
        own = (bits or header.bits) // 8
        sample = own if FORMATS[kind].bits16 else 1
        photo, painting = channels * own * stored, channels * sample * pixels
        shrunk = channels * sample * pixels if pixels != stored else 0
        resizing = 4 * header.height * width + 4 * pixels if shrunk else 0
        encoder = ENCODERS[kind] if sample == 1 else 2.0
        if kind == "jpeg" and optimizes(pixels):
            encoder += OPTIMIZING
        finishing = PAINTING
        finishing += PICTURES * canvas if pixels == canvas else TILED * canvas + STRIPS
        rest = resident() if rest is None else rest
        ways: list[Way] = []
        for on_disk, tile in product((False, True), TILES):
            network = PAINTING + MASK * masks * canvas + _network(across, down, tile)
            steps = [  # what is held by arrays, which may be on disk, and what besides
                (photo, BANDS + header.held * stored),
                (photo, BANDS + shrunk + resizing),
                (photo, network + 2 * shrunk),
                (photo + (0 if shrunk else painting), finishing + 2 * shrunk),
                (painting, sample * BANDS + encoder * pixels),
                *((photo, BANDS + _looking(other)) for other in others),
            ]
            held = max(besides + (0 if on_disk else arrays) for arrays, besides in steps)
            if not ways or rest + held < ways[-1].peak:
                ways.append(Way(round(rest + held), tile, on_disk))
        return cls(width, height, tuple(ways))

    @property
    def way(self) -> Way:
        """The fastest there is."""
        return self.ways[0]

    @property
    def least(self) -> int:
        """The peak of the way of least memory."""
        return self.ways[-1].peak

    def within(self, limit: float, name: str) -> Self:
        """With the ways alone that memory has room for.

        Args:
            limit: bytes that the process may have.
            name: of the picture.

        Raises:
            TooLargeError: there is no room even for the one of least memory.
        """
        ways = tuple(way for way in self.ways if way.peak <= limit)
        if ways:
            return replace(self, ways=ways)
        raise too_much(name, self.width, self.height, self.least, limit)


def too_much(name: str, width: int, height: int, peak: float, limit: float) -> TooLargeError:
    """The error of what takes more memory than there may be."""
    return TooLargeError(
        f"{name}: painting {width}x{height} takes about {peak / 1e6:.0f} MB of memory, over the "
        f"limit of {limit / 1e6:.0f}; make it smaller (size, canvas), or raise max-memory"
    )


def _looking(other: Header) -> float:
    """Bytes for a style or mask as it is looked at."""
    plain = other.bits == 8 and not other.alpha and 4 * other.height <= 7 * other.width
    return ((PLAIN if plain else OTHERS) + other.held) * other.width * other.height


def _network(width: int, height: int, tile: int) -> float:
    """What the network holds of a canvas."""
    if width * height <= 2 * tile**2:
        return CANVAS * width * height
    across, down = (min(side, tile + 2 * BEYOND) for side in (width, height))
    return CANVAS * across * down + TILED * width * height
