#!/usr/bin/env python3
"""Turn pictures of paintings into the presets of weights/styles.

usage: make_presets.py PICTURES    the folder with the files that sources.toml names

Run it again whenever the default weights change: a style belongs to the weights that saw it.
"""

import dataclasses
import sys
import tomllib
from pathlib import Path

from styler import Stylizer

STYLES = Path(__file__).resolve().parent.parent / "weights" / "styles"


def main(pictures: Path) -> None:
    stylizer = Stylizer()
    sources = tomllib.loads((STYLES / "sources.toml").read_text("utf-8"))
    for name, known in sources.items():
        style = stylizer.style(pictures / known.pop("picture"), name=name)
        dataclasses.replace(style, **known).save(STYLES / f"{name}.style", force=True)
        print(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
