"""A clip by its file: a moving picture, or what FFmpeg reads."""

from __future__ import annotations

from pathlib import Path

from styler.errors import VideoError
from styler.files import is_stream, printable
from styler.imaging import MAX_PIXELS, MOVING, sniff

from .animated import Animated
from .clip import Clip, still
from .footage import Footage

__all__ = ["is_clip", "open_clip"]

_BEGINNINGS = (
    (0, b"\x1a\x45\xdf\xa3"),  # mkv, webm
    (8, b"AVI "),
    (0, b"FLV\1"),
    (0, b"OggS"),
    (0, b"\x30\x26\xb2\x75"),  # asf, wmv
    (0, b"\x06\x0e\x2b\x34"),  # mxf
    (0, b"\0\0\1\xba"),  # mpeg
    (0, b"nut/multimedia"),
    (0, b"DKIF"),  # ivf
    *((4, box) for box in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),  # mp4, mov
)
_TS, _PACKET = b"\x47", 188  # each packet of an MPEG transport stream begins so


def is_clip(source: Path | bytes) -> bool:
    """Whether a file begins as clips do, and not as a picture, be it one that moves."""
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                source = file.read(_PACKET + 1)
    except OSError:
        return False
    head = source[: _PACKET + 1]
    if sniff(head) is not None:
        return False
    stream = head[:1] == head[_PACKET:] == _TS
    return stream or any(head[at:].startswith(begin) for at, begin in _BEGINNINGS)


def open_clip(path: Path, *, max_pixels: int = MAX_PIXELS) -> Clip:
    """Look at a file's header.

    Args:
        path: of the clip.
        max_pixels: of a frame; of all frames of a moving picture together.

    Raises:
        VideoError: it is no clip, a broken one, or one that is not painted.
        TooLargeError: it has more pixels.
        MissingDependencyError: PyAV is not installed.
    """
    name = printable(str(path))
    if is_stream(path):
        raise VideoError(f"{name}: is a pipe; a clip is read twice, so save it as a file first")
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise VideoError(f"{name}: no such file") from None
    except OSError as error:
        raise VideoError(f"{name}: cannot be read ({error.strerror})") from None
    if not head:
        raise VideoError(f"{name}: is empty; get a fresh copy")
    known = sniff(head)
    if known is not None:
        if known.name not in MOVING:
            raise still(name)
        return Animated(path, max_pixels)
    return Footage(path, max_pixels)
