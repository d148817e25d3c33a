#!/usr/bin/env python3
"""Paint what the server's page shows before anybody has sent it anything.

    python scripts/make_thumbnails.py

The drawn lake of the page in every preset, small, and large in the one that the page begins with:
server/page/presets/NAME.webp and server/page/painted.webp. Run it again whenever weights or presets
change.
"""

import re
from pathlib import Path

from styler import Picture, Stylizer, presets
from styler.imaging import read, resize, write

PAGE = Path(__file__).resolve().parent.parent / "server" / "page"
PAINTED, SIDE, THUMBNAIL = 512, 640, 144


def first() -> str:
    """The preset that the page begins with, by its own word."""
    found = re.search(r'FIRST = "(.+?)"', (PAGE / "state.js").read_text("utf-8"))
    assert found
    return found[1]


def main() -> None:
    stylizer = Stylizer()
    lake = read(PAGE / "lake.webp").rgb
    photo = resize(lake, size=(PAINTED, PAINTED))
    folder = PAGE / "presets"
    folder.mkdir(exist_ok=True)
    for style in presets():
        small = resize(stylizer.stylize(photo, style.name), size=(THUMBNAIL, THUMBNAIL))
        write(Picture(small), folder / f"{style.name}.webp", force=True, quality=70)
    large = resize(stylizer.stylize(lake, first()), size=(SIDE, SIDE))
    write(Picture(large), PAGE / "painted.webp", force=True, quality=72)


if __name__ == "__main__":
    main()
