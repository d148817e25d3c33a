"""Pictures as small as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from styler.controls import Size

if TYPE_CHECKING:
    from styler.imaging import Picture


PAINTED = 768
"""Long side at which what is shown as a smaller tile is painted: painted small it lacks detail."""


def shrink(picture: Picture, size: Size) -> Picture:
    """`picture` within `size`, transparency included; itself where it already is."""
    return picture.resized(size.fit(picture.width, picture.height))
