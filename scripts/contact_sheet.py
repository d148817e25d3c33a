#!/usr/bin/env python3
"""Paint every photo of a folder in every style of another, side by side on one sheet.

usage: contact_sheet.py PHOTOS PAINTINGS SHEET [SIDE [MODEL]]

One row a photo, one column a painting, SIDE pixels each (256 by default); each is painted at 512
pixels and only then reduced. MODEL is the name or the folder of what paints, "default" unless
given. The photos and paintings themselves are not on the sheet.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from styler import Stylizer
from styler.imaging import read, resize

LABEL, GAP = 26, 4


def main(
    photos: Path, paintings: Path, sheet: Path, side: int = 256, model: str = "default"
) -> None:
    stylizer = Stylizer(model)
    rows = [resize(read(path).rgb, size=(512, 512)) for path in sorted(photos.iterdir())]
    columns = sorted(paintings.iterdir())
    pitch = side + GAP
    page = Image.new("RGB", (pitch * len(columns) + GAP, pitch * len(rows) + GAP + LABEL), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for column, path in enumerate(columns):
        x = GAP + column * pitch
        draw.text((x + side / 2, LABEL / 2 + 2), path.stem.replace("-", " "), "black", font, "mm")
        style = stylizer.style(path)
        for row, photo in enumerate(rows):
            painted = resize(np.asarray(stylizer.stylize(photo, style)), size=(side, side))
            page.paste(Image.fromarray(painted), (x, LABEL + GAP + row * pitch))
    page.save(sheet, quality=86, method=6)


if __name__ == "__main__":
    folders, more = sys.argv[1:4], sys.argv[4:]
    main(*map(Path, folders), *map(int, more[:1]), *more[1:])
