"""A painting's brushwork: the painting itself, small, for a painter to take strokes from."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from styler.errors import StyleError
from styler.imaging import stretch, to_uint8

__all__ = ["Brushwork", "Exemplar"]

SHORT_SIDE, MOST_PIXELS = 512, 1 << 19
"""Of the picture that is kept: larger ones are reduced."""

QUALITY = 70
"""Of its WebP file, some 50 KB."""


@dataclass(frozen=True)
class Exemplar:
    """A picture by whose example is painted (the term of texture synthesis).

    Attributes:
        file: the picture as a WebP file; transparent pixels are not painted by.
    """

    file: bytes

    @classmethod
    def of(cls, picture: NDArray[np.float32], alpha: NDArray[np.float32] | None) -> "Exemplar":
        """Keep a ``(1, 3, H, W)`` picture in [0, 1] with ``(H, W)`` alpha, reduced."""
        height, width = picture.shape[2:]
        scale = min(1.0, SHORT_SIDE / min(height, width), (MOST_PIXELS / (height * width)) ** 0.5)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        planes = picture[0] if alpha is None else np.concatenate([picture[0], alpha[None]])
        small = planes if scale == 1 else stretch(planes, size, smooth=False)
        content = io.BytesIO()
        # The quickest methods make larger files, the slow ones hardly smaller ones.
        Image.fromarray(to_uint8(small[None])).save(content, "WEBP", quality=QUALITY, method=2)
        return cls(content.getvalue())

    def pixels(self) -> NDArray[np.uint8]:
        """``(H, W, 3)``, or ``(H, W, 4)`` with alpha.

        Raises:
            StyleError: the file is damaged.
        """
        try:
            # Not Image.open, which looks through all the formats that Pillow knows first.
            with WebPImageFile(io.BytesIO(self.file)) as image:
                if image.width * image.height > 2 * MOST_PIXELS:
                    raise StyleError(f"a style's picture is too large: {image.size}; save it anew")
                wanted = "RGBA" if image.has_transparency_data else "RGB"
                return np.asarray(image.convert(wanted))
        except (OSError, ValueError, SyntaxError):
            raise StyleError("a style's picture is damaged; save the style anew") from None

    @property
    def sha256(self) -> str:
        """Of the file."""
        return hashlib.sha256(self.file).hexdigest()


@dataclass(frozen=True)
class Brushwork:
    """The pictures whose brushwork is taken.

    Attributes:
        exemplars: each with its weight, of sum 1; without any, no brushwork is.
    """

    exemplars: tuple[tuple[Exemplar, float], ...] = ()

    @classmethod
    def of(
        cls, picture: NDArray[np.float32], alpha: NDArray[np.float32] | None = None
    ) -> "Brushwork":
        """That of a ``(1, 3, H, W)`` picture in [0, 1], ``(H, W)`` alpha of 0 apart."""
        return cls(((Exemplar.of(picture, alpha), 1.0),))

    @staticmethod
    def mix(parts: Sequence["Brushwork"], weights: Sequence[float]) -> "Brushwork":
        """All of them by weight; weights of sum 1."""
        shares: dict[Exemplar, float] = {}
        for weight, part in zip(weights, parts, strict=True):
            for exemplar, share in part.exemplars:
                if weight > 0:
                    shares[exemplar] = shares.get(exemplar, 0.0) + weight * share
        return Brushwork(tuple(shares.items()))
