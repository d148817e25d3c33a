"""A clip that FFmpeg reads: its header, and its frames as upright pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from styler.errors import TooLargeError, VideoError
from styler.files import printable
from styler.halt import checkpoint
from styler.imaging import Picture

from .clip import Facts, Timed, extent
from .colour import FULL, Colour
from .library import libav, reading

__all__ = ["Footage"]


class Footage:
    """The first video stream of a file that is no cover.

    Args:
        path: of the file.
        max_pixels: that a frame may have.

    Raises:
        VideoError: it is no clip, a broken one, or high dynamic range.
        TooLargeError: its frames have more pixels.
    """

    def __init__(self, path: Path, max_pixels: int) -> None:
        self.path, self.notes = path, list[str]()
        self._name, self._max_pixels = printable(str(path)), max_pixels
        with self.opened() as container:
            self.facts = self._facts(container)
        self.facts.colour.check(self._name)

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """The file as a container, for as long as it is looked at."""
        av = libav()
        with self.path.open("rb") as file:
            try:
                container = reading(file)
            except (av.error.FFmpegError, OSError, ValueError):
                raise VideoError(
                    f"{self._name}: is no clip that can be read; mp4, mkv, webm, mov, GIF and "
                    "WebP are, or get a fresh copy"
                ) from None
            with container:
                yield container

    def sounds(self) -> bool:
        """Whether it has sound."""
        with self.opened() as container:
            return bool(container.streams.audio)

    def stream(self, container: Any) -> Any:
        """The stream that is painted."""
        cover = libav().stream.Disposition.attached_pic
        for stream in container.streams.video:
            if not stream.disposition & cover and stream.codec_context is not None:
                return stream
        raise VideoError(f"{self._name}: has no pictures; a clip has at least one video stream")

    def extent(self, preview: float | None = None) -> tuple[int, float]:
        """As :meth:`styler.video.clip.Clip.extent`: no packet is decoded for it."""
        with self.opened() as container:
            stream = self.stream(container)
            base, length, starts = float(stream.time_base), self._length(stream), list[float]()
            for packet in _packets(container, stream):
                if packet is not None and packet.size:
                    at = packet.dts if packet.pts is None else packet.pts
                    starts.append(base * (len(starts) * length if at is None else at))
        return extent(starts, base * length, preview)

    def frames(self, skip: int = 0) -> Iterator[Timed]:
        """As :meth:`styler.video.clip.Clip.frames`."""
        number, damaged = 0, 0
        last: int | None = None
        with self.opened() as container:
            stream = self.stream(container)
            before: tuple[Any, int] | None = None
            for frame in self._decoded(container, stream):
                checkpoint()
                if frame is None:
                    damaged += 1
                    continue
                start = frame.pts
                if start is None or (last is not None and start <= last):
                    start = 0 if last is None else last + max(self._length(stream), 1)
                last = start
                if before is not None:
                    yield self._timed(before[0], before[1], start - before[1])
                before = (frame, start) if number >= skip else None
                number += 1
            if before is not None:
                yield self._timed(*before, self._rest(stream, *before))
        if damaged:
            self.notes.append(f"{damaged} damaged parts are left out")
        if not number:
            raise VideoError(f"{self._name}: not one frame can be decoded; get a fresh copy")

    def _decoded(self, container: Any, stream: Any) -> Iterator[Any]:
        """Frames as they are decoded, and ``None`` for what cannot be."""
        errors = libav().error
        stream.codec_context.thread_count = 1  # what is damaged is mended alike each time
        stream.codec_context.options = {"max_pixels": str(self._max_pixels)}
        for packet in _packets(container, stream):
            if packet is None:
                yield None
                continue
            try:
                yield from packet.decode()
            except errors.FFmpegError:
                yield None

    def _length(self, stream: Any) -> int:
        """Of a frame, in units of the time base, where only the rate tells."""
        rate = stream.average_rate or 25
        return round(float(1 / (rate * stream.time_base)))

    def _rest(self, stream: Any, frame: Any, start: int) -> int:
        """How long the last frame is shown."""
        if stream.duration is not None:
            rest = int(stream.start_time or 0) + int(stream.duration) - start
            if rest > 0:
                return rest
        return int(frame.duration) or self._length(stream)

    def _timed(self, frame: Any, start: int, duration: int) -> Timed:
        colour, height = self.facts.colour, self.facts.height
        turned = self._quarters(frame) % 2
        width, height = self.facts.width, self.facts.height
        if turned:
            width, height = height, width
        rgb = frame.reformat(
            width,
            height,
            "rgb24",
            src_colorspace=colour.scaler(min(width, height)),
            src_color_range=colour.levels,
            dst_color_range=FULL,
        ).to_ndarray()
        upright = np.ascontiguousarray(np.rot90(rgb, self._quarters(frame)))
        return Timed(Picture(upright), start, duration)

    @staticmethod
    def _quarters(frame: Any) -> int:
        """Quarter turns to the left that bring a frame upright."""
        return round(float(frame.rotation) / 90) % 4

    def _facts(self, container: Any) -> Facts:
        stream = self.stream(container)
        context = stream.codec_context
        width, height = context.width, context.height
        if width < 1 or height < 1 or context.format is None or not stream.time_base:
            raise VideoError(f"{self._name}: its header is damaged; get a fresh copy")
        if width * height > self._max_pixels:
            raise TooLargeError(
                f"{self._name}: {width}x{height} is over the limit of "
                f"{self._max_pixels / 1e6:g} megapixels; make it smaller, or raise the limit"
            )
        first = next((one for one in self._decoded(container, stream) if one is not None), None)
        if first is None:
            raise VideoError(f"{self._name}: not one frame can be decoded; get a fresh copy")
        aspect = stream.sample_aspect_ratio or None
        if self._quarters(first) % 2:
            width, height, aspect = height, width, 1 / aspect if aspect else None
        return Facts(
            name=self._name,
            format=container.format.name,
            width=width,
            height=height,
            time_base=stream.time_base,
            rate=stream.average_rate or stream.guessed_rate,
            frames=stream.frames or _estimated(container, stream),
            aspect=aspect,
            colour=_colour(context, first),
            notes=tuple(_notes(container, stream, first)),
        )


def _packets(container: Any, stream: Any) -> Iterator[Any]:
    """A stream's packets and, where the file breaks off, ``None`` at last."""
    packets = container.demux(stream)
    while True:
        try:
            yield next(packets)
        except StopIteration:
            return
        except libav().error.FFmpegError:
            yield None
            return


def _estimated(container: Any, stream: Any) -> int | None:
    """How many frames there are by duration and rate."""
    seconds = stream.duration * stream.time_base if stream.duration else None
    if seconds is None and container.duration:
        seconds = Fraction(container.duration, 1_000_000)
    rate = stream.average_rate
    return round(seconds * rate) if seconds and rate else None


def _colour(context: Any, frame: Any) -> Colour:
    """By the frame's own tags, and by the header's where it has none."""
    own = [frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range]
    told = [context.colorspace, context.color_primaries, context.color_trc, context.color_range]
    unknown = [2, 2, 2, 0]
    tags = [int(a if a != u else b) for a, b, u in zip(own, told, unknown, strict=True)]
    if frame.format.name.startswith("yuvj"):
        tags[3] = FULL
    if frame.format.is_rgb:
        tags[0], tags[3] = 1, 0
    return Colour(*tags)


def _notes(container: Any, stream: Any, frame: Any) -> Iterator[str]:
    names = [component.bits for component in frame.format.components]
    if max(names) > 8:
        yield f"of its {max(names)} bits 8 are painted"
    if frame.interlaced_frame:
        yield "is interlaced and painted as it is; deinterlace it first (ffmpeg -vf bwdif)"
    if any(component.is_alpha for component in frame.format.components):
        yield "its transparency is left out"
    more = len(container.streams.video) - 1
    if more:
        yield f"{more} more video stream{'s' * (more > 1)} left out, covers among them"
