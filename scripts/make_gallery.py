#!/usr/bin/env python3
"""Paint the pictures of docs/gallery.md and docs/controls.md, and write the first of these pages.

    python scripts/make_gallery.py

Views of drawn landscapes (scripts/make_scene.py) in the presets listed first, and for each control
of a painting's looks one of them at a few of its values. Run it again whenever weights or presets
change.
"""

import sys
from pathlib import Path

import numpy as np
from make_scene import make_scene

from styler import Picture, Stylizer, presets
from styler.imaging import grid, resize, write

DOCS = Path(__file__).resolve().parent.parent / "docs"
VIEWS = {
    "lake": (23, 0.0, 0.0, 1),
    "spruces": (3, 0.0, 0.3, 2),
    "peak": (8, 0.5, 0.1, 2),
    "shore": (4, 0.0, 0.4, 2),
}
"""Seed, left, top, and how many times nearer."""
STYLES = 12
SIDE, TILE = 640, 360

CONTROLS: dict[str, tuple[str, tuple[object, ...]]] = {
    "strength": ("van-gogh-wheat-field", (0.3, 0.6, 1.0, 1.4)),
    "brushwork": ("seurat-grande-jatte", (0.0, 0.5, 1.0, 2.0)),
    "stroke_size": ("van-gogh-wheat-field", (0.5, 1.0, 2.0, 4.0)),
    "boldness": ("renoir-chrysanthemums", (0.0, 0.3, 0.6, 1.0)),
    "abstraction": ("renoir-chrysanthemums", (0.0, 0.3, 0.6, 1.0)),
    "palette": ("gauguin-arlesiennes", (0.0, 0.4, 0.8, 1.0)),
    "contrast": ("monet-impression", (0.6, 0.9, 1.15, 1.5)),
    "saturation": ("monet-impression", (0.0, 0.6, 1.15, 1.7)),
    "canvas": ("van-gogh-night-cafe", (256, 384, 512, 640)),
    "style_size": ("van-gogh-night-cafe", (64, 128, 256, 512)),
    "keep_colours": ("van-gogh-night-cafe", (None, "luminance", "coral", "histogram")),
}


def save(picture: Picture, path: Path, quality: int) -> None:
    path.parent.mkdir(exist_ok=True)
    write(picture, path, force=True, quality=quality)


def view(seed: int, left: float, top: float, nearer: int) -> np.ndarray:
    scene = np.asarray(make_scene(SIDE * nearer, seed))
    y, x = round(top * len(scene)), round(left * len(scene))
    return np.ascontiguousarray(scene[y : y + SIDE, x : x + SIDE])


def gallery(stylizer: Stylizer, scenes: dict[str, np.ndarray]) -> None:
    """A picture for every scene in every style, and the page that shows them."""
    lines = [
        "# Gallery",
        "",
        "Views of drawn landscapes (`scripts/make_scene.py`) in the first dozen presets; made by",
        "`scripts/make_gallery.py`. What the controls do is in [controls.md](controls.md).",
    ]
    for style in presets()[:STYLES]:
        by = ", ".join(filter(None, (style.artist, style.title, style.year)))
        lines += ["", f"## `{style.name}`", "", f"{by}.", ""]
        for title, scene in scenes.items():
            painted = resize(stylizer.stylize(scene, style.name), size=(TILE, TILE))
            name = f"gallery/{style.name}-{title}.webp"
            save(Picture(painted), DOCS / name, 58)
            lines.append(f"![{title} as {style.name}]({name})")
    (DOCS / "gallery.md").write_text("\n".join(lines) + "\n", "utf-8")


def controls(stylizer: Stylizer, scene: np.ndarray) -> None:
    """For each control a row of pictures, at each of its values."""
    for name, (style, values) in CONTROLS.items():
        tiles = []
        for value in values:
            painted = stylizer.stylize(scene, style, **{name: value})
            tiles.append((f"{name} {value}", Picture(resize(painted, size=(TILE, TILE)))))
        save(grid(tiles, columns=len(tiles)), DOCS / "controls" / f"{name}.webp", 58)


def main(model: str = "default") -> None:
    stylizer = Stylizer(model)
    scenes = {title: view(*where) for title, where in VIEWS.items()}
    gallery(stylizer, scenes)
    controls(stylizer, scenes["lake"])


if __name__ == "__main__":
    main(*sys.argv[1:])
