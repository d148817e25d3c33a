"""Clips: frames painted one after the other, and all else of the file as it was."""

from .clip import Clip, Timed
from .coding import CONTAINERS, Coding
from .opening import is_clip, open_clip
from .painting import Painted, Progress, paint_clip

__all__ = [
    "CONTAINERS",
    "Clip",
    "Coding",
    "Painted",
    "Progress",
    "Timed",
    "is_clip",
    "open_clip",
    "paint_clip",
]
