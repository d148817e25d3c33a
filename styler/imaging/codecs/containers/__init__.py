"""What a decoder needs of a file, without what may stop it: metadata too large or damaged."""

from __future__ import annotations

from typing import BinaryIO

from . import boxes, jpeg, png, webp
from .parts import NO_PROFILE, Essence

__all__ = ["NO_PROFILE", "Essence", "essence"]

_WALKS = {
    "png": png.walk,
    "jpeg": jpeg.walk,
    "webp": webp.walk,
    "avif": boxes.walk,
    "heic": boxes.walk,
}


def essence(name: str, stream: BinaryIO, where: str) -> Essence:
    """The file of format ``name`` as its decoder gets it, and what else it holds.

    ``where`` is how errors call it. Where the structure is broken the stream comes back as it is:
    the decoder says what is wrong. Raises ``ImageError`` for files whose decoding would take
    minutes.
    """
    stream.seek(0)
    return _WALKS[name](stream, where) if name in _WALKS else Essence(stream)
