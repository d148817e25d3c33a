"""A clip by its file: a moving picture, or what FFmpeg reads."""

from __future__ import annotations

from pathlib import Path

from styler.errors import VideoError
from styler.files import is_stream, printable
from styler.imaging import MAX_PIXELS, MOVING, sniff

from .animated import Animated
from .clip import Clip
from .footage import Footage

__all__ = ["open_clip"]


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
    known = sniff(head)
    if known is not None:
        if known.name not in MOVING:
            raise VideoError(f"{name}: is a picture; `styler stylize` paints it")
        return Animated(path, max_pixels)
    return Footage(path, max_pixels)
