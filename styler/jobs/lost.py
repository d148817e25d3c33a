"""What of a photo is not in what is painted of it, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from styler.errors import one_line

if TYPE_CHECKING:
    from styler.imaging import Metadata

__all__ = ["lost"]


def lost(
    name: str,
    photo: Metadata,
    kind: str | None = None,
    *,
    wide: bool = False,
    all_frames: bool = False,
    elsewhere: bool = True,
) -> str | None:
    """One line that names the photo, or ``None`` where nothing is lost.

    Args:
        name: the photo.
        photo: what was read of it.
        kind: the format that the painting is written in; ``None`` where it is one of several in
            a picture.
        wide: 16 bits are kept, or were not wanted.
        all_frames: all frames are painted, or one was chosen.
        elsewhere: other frames and pages are painted by ``styler stylize`` alone.
    """
    notes = [*photo.notes]
    if photo.bits == 16 and not wide:
        how = f"in {kind}; png and tiff hold them" if kind else "here; `styler stylize` keeps them"
        notes.append(f"its 16 bits are 8 {how}")
    if kind == "gif" and (photo.frames or 1) == 1:
        notes.append("its colours are 256 in gif; png, webp and jpeg hold all")
    if (photo.frames or 1) > 1 and not all_frames:
        what, remedy = _others(photo, elsewhere)
        notes.append(f"the first of its {photo.frames} {what} is painted alone; {remedy}")
    return one_line(f"{name}: {', '.join(notes)}") if notes else None


def _others(photo: Metadata, elsewhere: bool) -> tuple[str, str]:
    """What a photo has several of, and what paints the others."""
    from styler.imaging import MOVING

    if photo.format in MOVING:
        return (
            "frames",
            "`styler stylize` paints all" if elsewhere else "gif, webp and png hold all",
        )
    return "pages", f"{'`styler stylize --page N`' if elsewhere else '--page N'} paints another"
