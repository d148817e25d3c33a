"""Folders of pictures: named by their files, painted ones by their pair."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from styler.cli.settings.pictures import named, opaque, painted
from styler.errors import InputError
from tests.cli.pictures import save


def test_pictures_are_named_by_their_files() -> None:
    save(Path("folder/a.png"))
    save(Path("folder/inner/b.JPG"))
    Path("folder/notes.txt").write_text("no picture")
    assert named(Path("folder")) == {"a": Path("folder/a.png"), "b": Path("folder/inner/b.JPG")}
    save(Path("folder/inner/a.webp"))
    with pytest.raises(InputError, match="share a name; rename one"):
        named(Path("folder"))
    with pytest.raises(InputError, match="missing: is not a folder"):
        named(Path("missing"))


def test_painted_pictures_are_found_by_their_pair_whatever_their_format() -> None:
    for name in ("a__x.png", "b__x.webp", "a__y.jpg", "c__x.png"):
        save(Path("mine") / name)
    pairs = [("b", "x"), ("a", "x"), ("b", "y")]
    assert list(painted(Path("mine"), pairs).items()) == [
        (("b", "x"), Path("mine/b__x.webp")),
        (("a", "x"), Path("mine/a__x.png")),
    ]
    with pytest.raises(InputError, match=r"mine: no PHOTO__PAINTING\.png"):
        painted(Path("mine"), [("b", "y")])


def test_what_hides_under_transparency_is_filled() -> None:
    pixels = np.full((8, 8, 4), 100, np.uint8)
    pixels[:, 4:] = (255, 0, 0, 0)
    Image.fromarray(pixels).save("clear.png")
    assert (opaque(Path("clear.png")).rgb == 100).all() and opaque(Path("clear.png")).alpha is None
