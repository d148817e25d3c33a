#!/usr/bin/env python3
"""Turn pictures of paintings into the presets of models.

usage: make_presets.py PICTURES [MODEL ...]

PICTURES is the folder with the files that weights/sources.toml names, in the order in which the
presets are listed; a MODEL is the folder of one, by default every model in weights/. Run it again
whenever a model's weights change: a style belongs to the weights that saw it. The pictures whose
brushwork is taken lie in weights/paintings, once for all models.
"""

import dataclasses
import sys
import tomllib
from pathlib import Path

from styler import Stylizer
from styler.models import find
from styler.styles.file import PAINTINGS, write

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"


def main(pictures: Path, models: list[Path]) -> None:
    sources = tomllib.loads((WEIGHTS / "sources.toml").read_text("utf-8"))
    paintings = WEIGHTS / PAINTINGS
    paintings.mkdir(exist_ok=True)
    for model in models:
        stylizer, folder = Stylizer(model), find(model).styles
        folder.mkdir(exist_ok=True)
        for rank, (name, known) in enumerate(sources.items()):
            about = dict(known)
            style = stylizer.style(pictures / about.pop("picture"), name=name)
            style = dataclasses.replace(style, rank=rank, **about)
            write(style, folder / f"{name}.style", force=True, apart=True)
            for exemplar, _ in style.brushwork.exemplars:
                (paintings / f"{exemplar.sha256[:16]}.webp").write_bytes(exemplar.file)
        print(f"{folder}: {len(sources)} styles")


if __name__ == "__main__":
    every = sorted(spec.parent for spec in WEIGHTS.glob("*/model.json"))
    main(Path(sys.argv[1]), [Path(model) for model in sys.argv[2:]] or every)
