"""Parts to one file, with sound, subtitles, chapters and tags as the clip has them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from styler.errors import OutputError
from styler.files import printable

from .clip import Facts
from .coding import Coding
from .footage import Footage
from .library import libav
from .parts import Parts

__all__ = ["join"]

OWN = {"encoder", "major_brand", "minor_version", "compatible_brands", "rotate", "duration"}
"""Tags that tell of the file itself."""

Ordered = tuple[Fraction, int, Any]
"""When a packet is decoded, the number of its stream, and the packet."""


def join(
    parts: Parts,
    clip: Footage | None,
    coding: Coding,
    facts: Facts,
    durations: Sequence[int],
    end: Fraction | None,
    temporary: Path,
) -> list[str]:
    """Write a file of all parts; returns what of the clip it does not hold, in a few words each.

    Args:
        parts: all of them are written.
        clip: whose other streams are copied packet by packet, not encoded anew; ``None`` has none.
        coding: of the output.
        facts: of the clip.
        durations: of each frame, in units of its time base.
        end: when a preview ends, in seconds.
        temporary: where to.

    Raises:
        OutputError: the format does not take it.
    """
    av = libav()
    time_base, colour = facts.time_base, facts.colour
    options = {"fflags": "+bitexact"}  # nothing of chance or of the moment in it
    if coding.container in ("mp4", "mov"):
        options["movflags"] = "+faststart"
        if time_base.numerator == 1:
            options["video_track_timescale"] = str(time_base.denominator)
    try:
        with (
            av.open(str(temporary), "w", coding.container, container_options=options) as out,
            av.open(str(parts.done()[0]), "r", "nut") as first,
        ):
            pictures = out.add_stream_from_template(first.streams.video[0], opaque=True)
            pictures.time_base = time_base
            context = pictures.codec_context  # not every codec tells all colour tags by itself
            context.colorspace, context.color_primaries = colour.matrix, colour.primaries
            context.color_trc, context.color_range = colour.transfer, colour.range
            painted = _painted(parts, pictures, durations)
            if clip is None:
                _write(out, [painted])
                return []
            with clip.opened() as container:
                _tell(container, out)
                pictures.metadata.update(_tags(clip.stream(container)))
                copies, notes = _others(container, out, coding)
                _write(out, [painted, _copied(container, copies, end)])
                return notes
    except (av.error.FFmpegError, ValueError) as error:
        if isinstance(error, OSError):
            raise
        raise OutputError(
            f"{printable(str(parts.output))}: {coding.container} does not take this clip "
            f"({error}); choose another ending, such as .mkv"
        ) from None


def _write(out: Any, sources: list[Iterator[Ordered]]) -> None:
    for _, _, packet in heapq.merge(*sources, key=lambda one: one[:2]):
        out.mux(packet)


def _painted(parts: Parts, stream: Any, durations: Sequence[int]) -> Iterator[Ordered]:
    for packet, duration in zip(parts.packets(), durations, strict=True):
        at = packet.pts * packet.time_base
        packet.duration = round(duration * stream.time_base / packet.time_base)
        packet.stream = stream
        yield at, stream.index, packet


def _tell(container: Any, out: Any) -> None:
    """Title, chapters and all else that is told of the whole."""
    out.metadata.update(_tags(container))
    chapters = container.chapters()
    if chapters:
        out.set_chapters(chapters)


def _tags(what: Any) -> dict[str, str]:
    return {name: value for name, value in what.metadata.items() if name.lower() not in OWN}


def _others(container: Any, out: Any, coding: Coding) -> tuple[dict[int, Any], list[str]]:
    """Streams for those that are copied, by their numbers, and what is left out."""
    copies: dict[int, Any] = {}
    notes: list[str] = []
    for stream in container.streams:
        if stream.type == "video":
            continue
        name = stream.name or stream.type
        try:
            if stream.type not in ("audio", "subtitle"):
                raise ValueError
            copy = out.add_stream_from_template(stream)
        except ValueError:
            notes.append(f"its {stream.type} stream {stream.index} ({name}) is left out")
            continue
        copy.metadata.update(_tags(stream))
        copy.disposition = stream.disposition
        copies[stream.index] = copy
    return copies, notes


def _copied(container: Any, copies: dict[int, Any], end: Fraction | None) -> Iterator[Ordered]:
    """The packets of other streams, as they are."""
    if not copies:
        return
    errors = libav().error
    packets = container.demux([container.streams[index] for index in copies])
    latest = dict.fromkeys(copies, Fraction(-(10**9)))
    while True:
        try:
            packet = next(packets)
        except (StopIteration, errors.FFmpegError):
            return
        if packet.dts is None:
            continue
        at = packet.dts * packet.time_base
        number = packet.stream_index
        if at < latest[number] or (end is not None and packet.pts * packet.time_base >= end):
            continue  # damaged: muxers refuse what goes back in time
        latest[number] = at
        packet.stream = copies[number]
        yield at, packet.stream_index, packet
