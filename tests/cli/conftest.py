"""A command line to call, in a folder of its own, with two styles of the user's own."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from styler import Stylizer
from styler.cli.app import run
from tests.cli.pictures import pixels, save


@dataclass(frozen=True)
class Called:
    """What a call left behind."""

    code: int
    out: str
    err: str


Call = Callable[..., Called]


@pytest.fixture(scope="session")
def stylizer() -> Stylizer:
    return Stylizer(threads=1)


@pytest.fixture(scope="session")
def own_styles(stylizer: Stylizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder of styles: ``night`` and ``dawn``."""
    folder = tmp_path_factory.mktemp("styles")
    stylizer.style(pixels(64, 64, seed=2) // 3, name="night").save(folder / "night.style")
    stylizer.style(255 - pixels(64, 64, seed=3) // 2, name="dawn").save(folder / "dawn.style")
    return folder


@pytest.fixture(autouse=True)
def surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, own_styles: Path
) -> Iterator[None]:
    """An empty working folder; nothing of the machine takes part, and nothing is left behind."""
    before = dict(os.environ)
    home = tmp_path / ".home"
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("STYLER_STYLES", str(own_styles))
    monkeypatch.chdir(tmp_path)
    yield
    os.environ.clear()  # `styler serve` hands its options on in the environment
    os.environ.update(before)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Run ``styler`` with these arguments."""

    def invoke(*arguments: object) -> Called:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Called(code, captured.out, captured.err)

    return invoke


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small photo, ``photo.jpg``."""
    return save(tmp_path / "photo.jpg").relative_to(tmp_path)


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    """A picture to take a style from, ``painting.png``."""
    return save(tmp_path / "painting.png", 64, 64, seed=1).relative_to(tmp_path)
