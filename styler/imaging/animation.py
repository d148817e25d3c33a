"""Moving pictures: their frames in, and out again in the same kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from PIL import Image

from styler import files
from styler.errors import ImageError, TooLargeError

from .codecs import formats
from .codecs.containers.movie import timeless
from .codecs.frames import count
from .picture import Picture
from .reading import MAX_PIXELS, frames_of
from .streams import Source, label_of
from .writing import check_options, options_of, saved

__all__ = ["MOVING", "Animation", "encode_animation", "moves", "read_animation"]

MOVING = ("gif", "webp", "png", "avif")
"""The formats whose frames are read and written."""


@dataclass(frozen=True)
class Animation:
    """Frames of one size, whole ones, with their times.

    Attributes:
        frames: each as it is shown.
        durations: of each, in milliseconds.
        loop: how often it runs; 0 is for ever, and ``None`` what a file does that does not say.
    """

    frames: tuple[Picture, ...]
    durations: tuple[float, ...]
    loop: int | None = 0

    @property
    def first(self) -> Picture:
        return self.frames[0]

    @property
    def times(self) -> tuple[float, ...]:
        """When each frame is shown, in seconds."""
        return tuple(before / 1000 for before in accumulate(self.durations[:-1], initial=0.0))


def moves(path: Path) -> bool:
    """Whether a GIF has several frames, by its structure alone."""
    try:
        with path.open("rb") as stream:
            return stream.read(3) == b"GIF" and count("gif", None, stream, 1) > 1
    except (OSError, ValueError):
        return False  # whatever is wrong is found when it is read


def read_animation(
    source: Source, *, name: str | None = None, max_pixels: int = MAX_PIXELS, **caps: Any
) -> Animation:
    """Decode all frames, each as :func:`styler.imaging.read` does, at 8 bits.

    Raises ``TooLargeError`` where all of them together are over ``max_pixels``, and what
    :func:`styler.imaging.read` raises.
    """
    where = files.printable(name or label_of(source))
    found: list[tuple[Picture, float]] = []
    loop = None
    for picture, duration, loop in frames_of(source, name=name, max_pixels=max_pixels, **caps):  # noqa: B007
        number = picture.metadata.frames or 1
        if number * picture.width * picture.height > max_pixels:
            raise TooLargeError(
                f"{where}: {number} frames of {picture.width}x{picture.height} are over the limit "
                f"of {max_pixels / 1e6:g} megapixels; make it shorter or smaller, or raise it"
            )
        found.append((picture, duration))
    sizes = {(picture.width, picture.height) for picture, _ in found}
    if len(sizes) != 1:
        raise ImageError(f"{where}: frames of different sizes; save it anew")
    return Animation(tuple(p for p, _ in found), tuple(d for _, d in found), loop)


def encode_animation(
    animation: Animation,
    format: str,
    *,
    quality: int | None = None,
    lossless: bool = False,
    exif: bool = True,
) -> bytes:
    """Encode as "gif", "webp", "png" or "avif"; options as those of :func:`styler.imaging.encode`.

    Raises ``ParameterError`` for options out of range or that the format does not have, and
    ``OutputError`` for what it cannot hold.
    """
    known = formats.by_name(format)
    check_options(known, quality=quality, lossless=lossless)
    first = animation.first
    options = options_of(first, known, quality=quality, lossless=lossless, exif=exif)
    clear = any(frame.alpha is not None for frame in animation.frames)
    images = [Image.fromarray(frame.to_bits(8).samples()) for frame in animation.frames]
    if clear:
        images = [image.convert("RGBA") for image in images]
    options |= {"save_all": True, "append_images": images[1:], "format": known.pillow}
    options["duration"] = [round(duration) for duration in animation.durations]
    if animation.loop is not None:
        options["loop"] = animation.loop
    if known.name == "gif":
        options |= {"disposal": 2 if clear else 1}
    elif known.name == "png":
        options |= {"disposal": 0, "blend": 0}
    elif known.name == "avif":  # between frames, more threads than one give other bytes each time
        options["max_threads"] = 1
    data = saved(images[0], known, options, "another format")
    return timeless(data) if known.name == "avif" else data
