"""The last frame as a draft for the next: its strokes and its painting, moved along with the scene.

Strokes that were laid anew on every frame would boil: which patch of the painting stands for a
place changes with next to nothing. So they are carried from frame to frame along the optical flow,
and laid anew only where the flow leads nowhere, and as fast as things grow or shrink: strokes keep
their size. The painting itself is carried in part, which takes away what is left of flicker, and
never long enough to smear. (Bousseau et al., "Video watercolorization using bidirectional texture
advection", SIGGRAPH 2007; Ruder et al., "Artistic style transfer for videos", GCPR 2016.)
"""

from dataclasses import dataclass

import numpy as np

from styler.imaging import blur, pool, spread, stretch

from .flow import flow, trust
from .steady import Array
from .warp import moved

__all__ = ["Draft", "Moved"]

FLOWING = 170
"""Short side at which the flow is found, in pixels, about."""

HELD = np.float32(0.75)
"""Share of the last painting in the next, where the flow can be relied on."""

RENEWED = np.float32(3.0)
"""Share of strokes that a frame lays anew, as a multiple of how far things are stretched."""

RESTORED = np.float32(0.2)
"""Share of what strokes have lost in strength that a frame gives back to them."""


@dataclass(frozen=True, eq=False)
class Draft:
    """What a frame leaves for the next.

    Attributes:
        small: ``(3, h, w)``, the frame at the size at which the flow is found.
        strokes: ``(3, H, W)``, what brushwork has added to it.
        painting: ``(3, H, W)``, what came of it.
    """

    small: Array
    strokes: Array
    painting: Array

    @classmethod
    def of(cls, x: Array, strokes: Array, painting: Array) -> "Draft":
        """Of a frame, its strokes and the painting, ``(1, 3, H, W)`` each."""
        return cls(_small(x), strokes[0], painting[0])

    def moved(self, x: Array) -> "Moved | None":
        """The draft for a frame, ``(1, 3, H, W)``; ``None`` for one of another size."""
        height, width = x.shape[2:]
        small = _small(x)
        if self.strokes.shape[1:] != (height, width) or small.shape != self.small.shape:
            return None
        found, factor = flow(small, self.small), _factor(x)
        sure = trust(small, self.small, found)
        there = factor * spread(found, factor, (width, height))
        both = moved(np.concatenate([self.strokes, self.painting]), there)
        kept = sure * (1 - np.minimum(RENEWED * _stretched(found), np.float32(0.5)))
        pace = np.minimum(factor * np.sqrt(np.square(found).sum(0, keepdims=True)), 1)
        kept, sure, pace = spread(np.concatenate([kept, sure, pace]), factor, (width, height))[
            :, None
        ]
        return Moved(both[:3], both[3:], kept, HELD * np.square(sure), pace)


@dataclass(frozen=True, eq=False)
class Moved:
    """A draft as the next frame has it.

    Attributes:
        strokes, painting: ``(3, H, W)``.
        kept: ``(1, H, W)`` in [0, 1], how much of those strokes is taken.
        held: ``(1, H, W)`` in [0, 1], how much of that painting.
        pace: ``(1, H, W)`` in [0, 1], how far things move, 1 from a pixel on.
    """

    strokes: Array
    painting: Array
    kept: Array
    held: Array
    pace: Array

    def brushed(self, painted: Array, brushed: Array) -> Array:
        """A painting with strokes of the draft, and its own in between, given it without and with
        its own."""
        fresh = (brushed - painted)[0]
        blended = fresh + self.kept * (self.strokes - fresh)
        # Strokes laid over others, and moved by parts of pixels, are fainter than either.
        wanted, own = _strength(fresh), _strength(blended)
        gain = np.sqrt((wanted + 1e-8) / (own + 1e-8)) - 1
        gain = stretch(np.clip(gain, -0.5, 0.5), (painted.shape[3], painted.shape[2]), smooth=False)
        rate = np.maximum(RESTORED * self.pace, 1 - self.kept)
        out: Array = painted + blended * (1 + rate * gain)
        return out

    def painted(self, painted: Array) -> Array:
        """The painting, with that of the draft where it holds."""
        out: Array = painted + self.held * (self.painting - painted)
        return out


def _factor(x: Array) -> int:
    height, width = x.shape[2:]
    return max(1, round(float(min(height, width)) / FLOWING))


def _small(x: Array) -> Array:
    return blur(pool(x[0], _factor(x)), 1.0)  # what is finer aliases as it moves


def _stretched(found: Array) -> Array:
    """By what share a flow makes things longer or shorter, ``(1, h, w)``."""
    padded = np.pad(blur(found, 2.0), ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
    down = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
    squares = np.square(across[0]) + np.square(down[1]) + np.square(across[1] + down[0]) / 2
    stretched: Array = np.sqrt(squares)[None]
    return stretched


def _strength(strokes: Array) -> Array:
    """Squares of strokes about each cell of 16 pixels, ``(1, h, w)``."""
    return blur(pool(np.square(strokes).mean(0, keepdims=True), 16), 1.5)
