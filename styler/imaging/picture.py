"""A picture as the rest of the program sees it: upright sRGB pixels, coverage, metadata."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from styler.errors import ImageError

from .arrays import resize
from .scratch import bands, empty, like, on_disk, release

Pixels = NDArray[Any]  # uint8, or uint16 where 16 bits were asked for


@dataclass(frozen=True)
class Metadata:
    """What came with a picture besides its pixels.

    ``exif`` has its orientation reset, since the pixels are upright; ``None`` where there is none.
    ``dpi`` is (horizontal, vertical) in dots per inch. ``format`` and ``mode`` are those of the
    file ("jpeg", "CMYK"), ``bits`` its bits per sample, ``size`` its stored (width, height)
    before it was turned upright, ``frames`` the number of frames where the header tells, and
    ``profile`` the name of the colour profile that was converted to sRGB. ``notes`` say what of the
    file is damaged and left out, each in a few words.
    """

    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str | None = None
    mode: str | None = None
    bits: int = 8
    size: tuple[int, int] | None = None
    frames: int | None = None
    profile: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Header:
    """What is known of a picture before it is decoded.

    ``width`` and ``height`` are those of the upright picture, ``format``, ``mode`` and ``bits`` as
    :class:`Metadata` has them. ``alpha`` is whether it may have any. ``held`` is
    how many bytes a pixel its decoder holds.
    """

    width: int
    height: int
    format: str
    mode: str
    bits: int
    alpha: bool
    held: float


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels, coverage and metadata of one picture.

    ``rgb`` is (H, W, 3) sRGB, upright, uint8 in 0..255, or uint16 in 0..65535 where
    :func:`styler.imaging.read` was asked for 16 bits. ``alpha`` is (H, W) of the same dtype, not
    premultiplied, or ``None`` where every pixel is opaque. The arrays may be read-only.

    Raises ``ImageError`` where shapes or dtypes do not fit.
    """

    rgb: Pixels
    alpha: Pixels | None = None
    metadata: Metadata = field(default_factory=Metadata)

    def __post_init__(self) -> None:
        rgb, alpha = self.rgb, self.alpha
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype not in (np.uint8, np.uint16):
            raise ImageError(
                f"pixels are {rgb.dtype} {rgb.shape}; give uint8 or uint16 (height, width, 3)"
            )
        if 0 in rgb.shape:
            raise ImageError(f"the picture has no pixels: {rgb.shape}; give at least 1x1")
        if alpha is not None and (alpha.shape != rgb.shape[:2] or alpha.dtype != rgb.dtype):
            raise ImageError(
                f"alpha is {alpha.dtype} {alpha.shape}; give {rgb.dtype} {rgb.shape[:2]}"
            )

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def bits(self) -> int:
        """Bits per sample of ``rgb``: 8 or 16."""
        return 8 * self.rgb.dtype.itemsize

    def samples(self, rows: slice = slice(None)) -> Pixels:
        """(H, W, 3), or (H, W, 4) with alpha; or some rows of that."""
        if self.alpha is None:
            return self.rgb[rows]
        return np.dstack([self.rgb[rows], self.alpha[rows]])

    def bands(self) -> Iterator[tuple[int, Pixels]]:
        """The samples by some rows at a time, each with the number of its first one."""
        for rows in bands(self.height, self.width):
            yield rows.start, self.samples(rows)
            release(self.rgb, self.alpha)

    def with_rgb(self, rgb: Pixels) -> Picture:
        """The same picture, painted over: new pixels of the same height and width.

        Alpha and metadata stay; alpha follows the dtype of the new pixels.
        """
        alpha = self.alpha
        if alpha is not None and alpha.dtype != rgb.dtype:
            alpha = to_bits(alpha, 8 * rgb.dtype.itemsize)
        return replace(self, rgb=rgb, alpha=alpha)

    def to_bits(self, bits: int) -> Picture:
        """The same picture at 8 or 16 bits per sample, rounded to nearest."""
        if bits == self.bits:
            return self
        if bits not in (8, 16):
            raise ImageError(f"{bits} bits per sample; use 8 or 16")
        return self.with_rgb(to_bits(self.rgb, bits))

    def resized(self, size: tuple[int, int]) -> Picture:
        """The same picture at (width, height), transparency included; itself where it is so."""
        if size == (self.width, self.height):
            return self
        alpha = None if self.alpha is None else resize(self.alpha, size=size)
        return replace(self, rgb=resize(self.filled(), size=size), alpha=alpha)

    def filled(self) -> Pixels:
        """``rgb`` with every fully transparent pixel set to the mean colour of the others.

        What hides under transparency is arbitrary; a network that looks at neighbourhoods would
        let it shine through. Opaque pictures are returned as they are.
        """
        if self.alpha is None:
            return self.rgb
        count, total = 0, np.zeros(3)  # whole numbers: the sum does not depend on the bands
        for rows in bands(self.height, self.width):
            shown = self.rgb[rows][self.alpha[rows] > 0]
            count += len(shown)
            total += shown.sum(0, dtype=np.float64)
            release(self.rgb, self.alpha)
        if count == self.alpha.size:
            return self.rgb
        mean = np.rint(total / max(count, 1)).astype(self.rgb.dtype)
        filled = like(self.rgb)
        for rows in bands(self.height, self.width):
            filled[rows] = np.where(self.alpha[rows, :, None] > 0, self.rgb[rows], mean)
            release(self.rgb, self.alpha, filled)
        return filled


def to_bits(values: Pixels, bits: int) -> Pixels:
    """uint8 or uint16 samples at 8 or 16 bits."""
    if bits == 8 * values.dtype.itemsize:
        return values
    return wider(values) if bits == 16 else narrower(values)


def wider(values: Pixels) -> Pixels:
    """uint8 to uint16, white to white."""
    out = empty(values.shape, np.uint16, disk=on_disk(values))
    for rows in bands(*values.shape[:2]):
        np.multiply(values[rows], np.uint16(257), out=out[rows], dtype=np.uint16)
        release(values, out)
    return out


def narrower(values: Pixels) -> Pixels:
    """uint16 to uint8, rounded to nearest."""
    out = empty(values.shape, np.uint8, disk=on_disk(values))
    for rows in bands(*values.shape[:2]):
        out[rows] = (values[rows].astype(np.uint32) + 128) // 257
        release(values, out)
    return out
