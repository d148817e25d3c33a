"""How painted frames are written: by which codec, into which file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from styler.errors import OutputError, ParameterError
from styler.files import printable
from styler.imaging import FORMATS, MOVING

from .clip import Facts, Timed
from .colour import FULL
from .library import libav

__all__ = ["CONTAINERS", "GROUP", "Coding"]

GROUP = 48
"""Frames of a part at most: each begins with a key frame, so that parts join."""

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""FFmpeg's name of the format, by the ending of a clip that is written."""

H264 = ("libx264", "yuv420p", {"preset": "medium", "crf": "18"})
VP9 = (
    "libvpx-vp9",
    "yuv420p",
    {"crf": "30", "b": "0", "cpu-used": "4", "auto-alt-ref": "0", "lag-in-frames": "0"},
)
LOSSLESS = ("ffv1", "bgra", dict[str, str]())
"""Of parts that become a moving picture."""


@dataclass(frozen=True)
class Coding:
    """The coding of an output.

    Attributes:
        container: FFmpeg's name of its format, or the name of a picture's that moves.
        codec: FFmpeg's name.
        pixels: the same of the pixel format.
        options: of the codec.
    """

    container: str
    codec: str
    pixels: str
    options: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, output: Path, crf: int | None) -> Coding:
        """By the output's name.

        Args:
            output: where to.
            crf: constant rate factor of H.264 or VP9: lower is better and larger.

        Raises:
            OutputError: the name tells no format.
            ParameterError: the format has no such factor.
        """
        suffix = output.suffix.lower()
        moving = {end: name for name in MOVING for end in FORMATS[name].extensions}
        if suffix in moving:
            if crf is not None:
                raise ParameterError(f"crf has no effect on {suffix}; leave it out")
            return cls(moving[suffix], LOSSLESS[0], LOSSLESS[1], ())
        if suffix not in CONTAINERS:
            known = ", ".join([*CONTAINERS, *moving])
            raise OutputError(f"{printable(str(output))}: has none of the endings {known}")
        codec, pixels, options = VP9 if suffix == ".webm" else H264
        options = options | ({} if crf is None else {"crf": str(crf)})
        return cls(CONTAINERS[suffix], codec, pixels, tuple(options.items()))

    @property
    def moving(self) -> bool:
        """Whether a moving picture comes of it."""
        return self.container in MOVING

    def even(self, width: int, height: int) -> tuple[int, int]:
        """The largest size within one that the pixel format has."""
        if self.moving:
            return width, height
        return max(2, width // 2 * 2), max(2, height // 2 * 2)

    def stream(self, container: Any, facts: Facts, width: int, height: int) -> Any:
        """A new stream of a container, for frames of a size."""
        stream = container.add_stream(
            self.codec,
            rate=Fraction(facts.rate or 25).limit_denominator(1 << 16),
            options=dict(self.options),
        )
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, self.pixels
        context.time_base = stream.time_base = facts.time_base
        context.gop_size, context.max_b_frames = GROUP, 0  # parts join where times are in order
        context.thread_count = 1  # the same bytes on every machine
        if not self.moving:
            colour = facts.colour
            if facts.aspect is not None:
                context.sample_aspect_ratio = facts.aspect
            context.colorspace, context.color_primaries = colour.matrix, colour.primaries
            context.color_trc, context.color_range = colour.transfer, colour.range
        context.flags |= 1 << 22  # AV_CODEC_FLAG_GLOBAL_HEADER
        return stream

    def frame(self, painted: Timed, facts: Facts) -> Any:
        """A painted frame as the stream takes it."""
        frame_of = libav().VideoFrame.from_ndarray
        if self.moving:
            rgb = painted.picture.samples()
            frame = frame_of(rgb, "rgb24" if rgb.shape[2] == 3 else "rgba")
            frame = frame.reformat(format=self.pixels)
        else:
            frame = frame_of(painted.picture.rgb, "rgb24").reformat(
                format=self.pixels,
                src_color_range=FULL,
                dst_colorspace=facts.colour.scaler(min(facts.width, facts.height)),
                dst_color_range=facts.colour.levels,
            )
        frame.pts, frame.time_base = painted.start, facts.time_base
        return frame
