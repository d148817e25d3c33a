#!/usr/bin/env python3
"""Paint every photo of a folder in every style of another, side by side on one sheet.

usage: contact_sheet.py PHOTOS PAINTINGS SHEET [SIDE [MODEL]]

One row a photo, one column a painting, SIDE pixels each (256 by default); each is painted at 512
pixels and only then reduced. MODEL is the name or the folder of what paints, "default" unless
given. The photos and paintings themselves are not on the sheet.
"""

import sys
from pathlib import Path

from styler import Picture, Stylizer
from styler.imaging import encode, grid, read, resize


def main(
    photos: Path, paintings: Path, sheet: Path, side: int = 256, model: str = "default"
) -> None:
    stylizer = Stylizer(model)
    rows = [resize(read(path).rgb, size=(512, 512)) for path in sorted(photos.iterdir())]
    columns = [
        (path.stem.replace("-", " "), stylizer.style(path)) for path in sorted(paintings.iterdir())
    ]
    tiles = []
    for photo in rows:
        for name, style in columns:
            painted = resize(stylizer.stylize(photo, style), size=(side, side))
            tiles.append((name, Picture(painted)))
    sheet.write_bytes(encode(grid(tiles, columns=len(columns)), sheet.suffix, quality=86))


if __name__ == "__main__":
    folders, more = sys.argv[1:4], sys.argv[4:]
    main(*map(Path, folders), *map(int, more[:1]), *more[1:])
