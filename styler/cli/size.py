"""How large a picture may be, as people say it: ``1600`` or ``2MP``."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """A bound on a picture's size: a long side in pixels or an area in megapixels."""

    long_side: int | None = None
    megapixels: float | None = None

    def fit(self, width: int, height: int) -> tuple[int, int]:
        """`width` and `height` shrunk in proportion to keep the bound; never grown."""
        if self.long_side is not None:
            scale = self.long_side / max(width, height)
        else:
            scale = math.sqrt((self.megapixels or 0.0) * 1e6 / (width * height))
        if scale >= 1:
            return width, height
        return max(1, round(width * scale)), max(1, round(height * scale))
