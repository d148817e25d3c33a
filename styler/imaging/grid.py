"""Several pictures as one: rows of tiles with a line of text under each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from .picture import Picture

if TYPE_CHECKING:
    from PIL import ImageDraw

GAP = 8
PAPER = (255, 255, 255)
INK = (40, 40, 40)


def grid(
    tiles: Sequence[tuple[str, Picture | None]], *, columns: int, labels: bool = True
) -> Picture:
    """Lay out captioned pictures row by row on white paper, each in the middle of its place.

    A place is as wide and high as the largest of them; ``None`` leaves it empty.
    """
    from PIL import ImageDraw

    pictures = [picture for _, picture in tiles if picture is not None]
    width = max(picture.width for picture in pictures)
    height = max(picture.height for picture in pictures)
    text = max(14, height // 18) if labels else 0
    line = round(1.6 * text)
    rows = -(-len(tiles) // columns)
    sheet = Image.new(
        "RGB",
        (columns * (width + GAP) + GAP, rows * (height + line + GAP) + GAP),
        PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    for index, (label, picture) in enumerate(tiles):
        x = GAP + index % columns * (width + GAP)
        y = GAP + index // columns * (height + line + GAP)
        if picture is not None:
            mask = None if picture.alpha is None else Image.fromarray(picture.alpha)
            middle = (x + (width - picture.width) // 2, y + (height - picture.height) // 2)
            sheet.paste(Image.fromarray(picture.rgb), middle, mask)
        if labels:
            _caption(draw, label, x, y + height, width, text)
    return Picture(np.asarray(sheet))


def _caption(draw: ImageDraw.ImageDraw, label: str, x: int, y: int, width: int, size: int) -> None:
    """Centre a line of text in `width`, smaller where it is too long."""
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    while size > 8 and draw.textlength(label, font) > width:
        size -= 1
        font = ImageFont.load_default(size)
    left = x + (width - draw.textlength(label, font)) / 2
    draw.text((left, y + 0.2 * size), label, INK, font)
