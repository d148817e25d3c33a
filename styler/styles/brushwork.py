"""How strong a painting's brushwork is, measured where the painting is quiet."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from styler.imaging import LUMA, blur, stretch

__all__ = ["Brushwork"]

SHORT_SIDE = 256
"""Pixels at which paintings are measured: strokes are as large as they are in the picture."""

FINE, COARSE, AROUND = 0.75, 3.0, 5.0
"""Deviations of the Gaussians, in those pixels: between the first two lies the band of strokes,
over the third its energy is gathered."""

QUIET = 0.2
"""The quantile of that energy: brushwork covers the quiet parts, too; drawing leaves them bare."""


@dataclass(frozen=True)
class Brushwork:
    """Deviation of brightness and of colour from stroke to stroke.

    Attributes:
        luma: of brightness, in [0, 1].
        chroma: of red, green and blue beside brightness, root mean square, in [0, 1].
    """

    luma: float
    chroma: float

    @classmethod
    def of(
        cls, picture: NDArray[np.float32], alpha: NDArray[np.float32] | None = None
    ) -> "Brushwork":
        """Measure a ``(1, 3, H, W)`` picture in [0, 1]; ``(H, W)`` alpha of 0 does not count."""
        height, width = picture.shape[2:]
        scale = min(1.0, SHORT_SIDE / min(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        small = stretch(picture[0], size, smooth=False)
        luma = np.tensordot(LUMA.astype(np.float32), small, 1)[None]
        counted = slice(None)
        if alpha is not None:
            counted = stretch(alpha[None], size, smooth=False)[0] > 0.5
            if not counted.any():
                return cls(0.0, 0.0)
        return cls(*(_quiet(part, counted) for part in (luma, small - luma)))

    @staticmethod
    def mix(parts: Sequence["Brushwork"], weights: Sequence[float]) -> "Brushwork":
        """The weighted mean; weights of sum 1."""
        return Brushwork(
            sum(w * p.luma for p, w in zip(parts, weights, strict=True)),
            sum(w * p.chroma for p, w in zip(parts, weights, strict=True)),
        )


def _quiet(planes: NDArray[np.float32], counted: NDArray[np.bool_] | slice) -> float:
    band = blur(planes, FINE) - blur(planes, COARSE)
    energy = blur(np.square(band).mean(0, keepdims=True), AROUND)[0]
    return float(np.sqrt(np.quantile(energy[counted], QUIET)))
