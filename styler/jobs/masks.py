"""Masks as files: read once, used for every photo."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styler.controls import check_masks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Masks:
    """The files of ``--mask`` and ``--only``."""

    mask: tuple[Path, ...] = ()
    only: Path | None = None

    def read(self, styles: int, max_pixels: int) -> Where:
        """Decode them. Raises `InputError` for no picture, or not one mask for each style."""
        from styler import imaging

        if self.mask:
            check_masks(len(self.mask), styles)
        masks = [imaging.read_mask(path, max_pixels=max_pixels) for path in self.mask]
        only = None if self.only is None else imaging.read_mask(self.only, max_pixels=max_pixels)
        return Where(masks or None, only)


@dataclass(frozen=True, eq=False)
class Where:
    """Where to paint: masks as `Stylizer.stylize` takes them."""

    masks: list[NDArray[np.float32]] | None = None
    only: NDArray[np.float32] | None = None

    def settings(self) -> dict[str, Any]:
        """What the painted pixels depend on, as plain values."""
        return {
            "masks": None if self.masks is None else [_digest(mask) for mask in self.masks],
            "only": None if self.only is None else _digest(self.only),
        }


def _digest(mask: NDArray[np.float32]) -> str:
    return hashlib.sha256(repr(mask.shape).encode() + mask.tobytes()).hexdigest()[:16]
