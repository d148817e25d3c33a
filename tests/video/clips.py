"""Small clips, written by code."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

av: Any = pytest.importorskip("av")

UPRIGHT = np.array([1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30], ">i4").tobytes()
QUARTER = np.array([0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30], ">i4").tobytes()
"""Matrices in an mp4's header; the second has players turn its pictures to the right."""


def scene(number: int, width: int = 48, height: int = 32, seed: int = 0) -> NDArray[np.uint8]:
    """A frame of a pan over soft blobs of colour, two pixels a frame."""
    rows, columns = np.mgrid[:height, :width] / 9.0
    columns = columns + 2 * number / 9
    rng = np.random.default_rng(seed)
    waves: Any = [np.sin(rows * a + columns * b + c) for a, b, c in rng.uniform(0.3, 2, (3, 3))]
    return np.clip(128 + 100 * np.stack(waves, 2), 0, 255).astype(np.uint8)


def scenes(count: int, cut: int | None = None, **size: int) -> list[NDArray[np.uint8]]:
    """Frames of a pan, from ``cut`` on of another one."""
    late = [cut is not None and number >= cut for number in range(count)]
    return [255 - scene(n, seed=9, **size) if b else scene(n, **size) for n, b in enumerate(late)]


def write(
    path: Path,
    frames: Sequence[NDArray[np.uint8]],
    *,
    starts: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 12800),
    sound: bool = False,
    colour: tuple[int, int, int, int] = (1, 1, 1, 1),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    container: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """A clip of 25 frames a second, or with frames at these times."""
    height, width = frames[0].shape[:2]
    with av.open(str(path), "w", format=container) as out:
        out.metadata.update(metadata or {})
        fine = {"crf": "5"} if codec == "libx264" else {}
        stream = out.add_stream(codec, rate=25, options=fine)
        context = stream.codec_context
        stream.width, stream.height, stream.pix_fmt = width, height, pixels
        context.time_base = stream.time_base = time_base
        context.colorspace, context.color_primaries = colour[:2]
        context.color_trc, context.color_range = colour[2:]
        context.thread_count = 1
        audio = None
        if sound:
            audio = out.add_stream("aac", rate=16000, layout="mono")
        for number, pixel in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixel, "rgb24").reformat(
                format=pixels,
                src_color_range=2,
                dst_colorspace=1,
                dst_color_range=max(1, colour[3]),
            )
            frame.pts = round(number / 25 / time_base) if starts is None else starts[number]
            frame.time_base = time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            seconds = len(frames) / 25
            wave = np.sin(np.arange(round(16000 * seconds)) * 0.2)[None].astype(np.float32)
            tone = av.AudioFrame.from_ndarray(wave / 3, format="fltp", layout="mono")
            tone.sample_rate, tone.pts, tone.time_base = 16000, 0, Fraction(1, 16000)
            out.mux(audio.encode(tone))
            out.mux(audio.encode(None))
    return path


def turned(path: Path) -> Path:
    """The same mp4 as a phone held upright writes it."""
    data = path.read_bytes()
    at = data.index(UPRIGHT, data.index(b"tkhd"))
    path.write_bytes(data[:at] + QUARTER + data[at + len(QUARTER) :])
    return path


def sound(path: Path) -> NDArray[Any]:
    """What is heard."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], 1)


def shown(path: Path) -> tuple[list[int], list[NDArray[np.uint8]], Any]:
    """Times in units of the time base, frames, and the stream's facts."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [*container.decode(stream)]
        context = stream.codec_context
        facts = {
            "time_base": stream.time_base,
            "duration": stream.duration,
            "colour": (
                int(context.colorspace),
                int(context.color_primaries),
                int(context.color_trc),
                int(context.color_range),
            ),
            "aspect": stream.sample_aspect_ratio,
            "title": container.metadata.get("title"),
            "rotation": frames[0].rotation,
        }
        return [f.pts for f in frames], [f.to_ndarray(format="rgb24") for f in frames], facts
