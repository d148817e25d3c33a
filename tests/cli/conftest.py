"""A command line to call, and pictures to give it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import styler
from styler import imaging
from styler.cli.app import run
from styler.errors import StyleError


class Called:
    """What a call left behind: exit code, stdout and stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Call = Callable[..., Called]


@pytest.fixture(autouse=True)
def no_user_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Neither the configuration nor the environment of whoever runs the tests takes part."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Call:
    """Run ``styler`` with these arguments, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Called:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Called(code, captured.out, captured.err)

    return invoke


def pixels(width: int = 48, height: int = 32, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small photo, ``photo.jpg``, in the folder that `call` runs in."""
    return save(tmp_path / "photo.jpg")


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    """A picture to take a style from, ``painting.png``."""
    return save(tmp_path / "painting.png", 64, 64, seed=1)


def save(path: Path, width: int = 48, height: int = 32, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(width, height, seed)).save(path)
    return path


def as_bytes(format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels()).save(buffer, format)
    return buffer.getvalue()


@dataclass(frozen=True)
class Info:
    name: str
    title: str | None = None
    artist: str | None = None
    year: str | None = None
    path: str = "styles"


class FakeStylizer:
    """Moves colours towards the style's mean; as fast as a test wants it."""

    def __init__(
        self, model: str = "default", *, engine: str = "auto", threads: int | None = None
    ) -> None:
        self.info = Info("fake")

    def style(self, source: Path, *, size: int | None = 512) -> np.ndarray:
        return imaging.read(source).rgb.mean((0, 1))

    def stylize(
        self, content: np.ndarray, style: list[tuple[np.ndarray, float]], *, strength: float = 1.0
    ) -> np.ndarray:
        total = sum(weight for _, weight in style)
        target = sum(mean * weight for mean, weight in style) / total
        return (content + strength * (target - content) / 2).round().astype(np.uint8)


PRESETS = {"night": np.array([0.0, 0, 90]), "dawn": np.array([250.0, 120, 90])}


def fake_preset(name: str) -> np.ndarray:
    if name not in PRESETS:
        raise StyleError(f"{name}: no such style; did you mean night?")
    return PRESETS[name]


@pytest.fixture(autouse=True)
def fake_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(styler, "Stylizer", FakeStylizer, raising=False)
    monkeypatch.setattr(styler, "preset", fake_preset, raising=False)
    monkeypatch.setattr(
        styler,
        "presets",
        lambda: [Info("dawn", "Dawn", "A. Painter", "1880"), Info("night")],
        raising=False,
    )
