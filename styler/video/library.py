"""FFmpeg's libraries by way of PyAV, which the extra ``styler[video]`` installs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from styler.errors import extra_install

__all__ = ["FORMATS", "libav", "reading"]

FORMATS = "mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,mxf,nut,h264,hevc,ivf,m4v"
"""What is opened. Playlists are not among them: they would have other files read."""


def libav() -> ModuleType:
    """The module ``av``, told to be silent.

    Raises:
        MissingDependencyError: it is not installed.
    """
    with extra_install("painting clips", "video"):
        import av
        import av.logging
    av.logging.set_level(None)
    return av


def reading(file: Any) -> Any:
    """Open a stream of bytes as a container."""
    return libav().open(file, "r", options={"format_whitelist": FORMATS}, metadata_errors="replace")
