"""The pictures that the page begins with are those of the presets there are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from styler import presets
from styler.imaging import read

SCRIPT = Path(__file__).parents[2] / "scripts" / "make_thumbnails.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_thumbnails", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_preset_has_its_thumbnail(script: ModuleType) -> None:
    there = {path.stem for path in (script.PAGE / "presets").iterdir()}
    assert there == {style.name for style in presets()}
    for path in (script.PAGE / "presets").iterdir():
        assert read(path).rgb.shape == (script.THUMBNAIL, script.THUMBNAIL, 3)


def test_the_page_begins_with_a_preset(script: ModuleType) -> None:
    assert script.first() in {style.name for style in presets()}


def test_a_visit_is_light(script: ModuleType) -> None:
    pictures = [*(script.PAGE / "presets").iterdir(), script.PAGE / "painted.webp"]
    assert sum(path.stat().st_size for path in pictures) < 250_000
    texts = [path for path in script.PAGE.iterdir() if path.suffix in (".js", ".css", ".html")]
    of_the_page = (path for path in texts if path.stem != "docs")
    assert sum(path.stat().st_size for path in of_the_page) < 80_000
