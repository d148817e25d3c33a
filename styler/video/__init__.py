"""Clips: frames painted one after the other, and all else of the file as it was."""

from .clip import Clip, Timed
from .opening import open_clip
from .painting import Painted, Progress, paint_clip

__all__ = ["Clip", "Painted", "Progress", "Timed", "open_clip", "paint_clip"]
