"""The README's commands do what it says; the first two are run by continuous integration."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.networks import write_vgg
from tests.video.clips import scenes, shown, write

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


COMMANDS = blocks("sh")[2:]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with what the README's reader has, and ``styler`` on the path."""
    names = ["photo.jpg", "painting.jpg", "holidays/a.jpg", "holidays/beach/b.jpg"]
    names += ["sky.png", "land.png"]
    for seed, name in enumerate(names):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8)
        Image.fromarray(noise).resize((96, 80), Image.Resampling.BICUBIC).save(path)
    write(tmp_path / "clip.mp4", scenes(3, width=96, height=80))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "styles"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield tmp_path


def shell(commands: str) -> None:
    """Run a block as it stands, then end whatever it left in the background."""
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", commands],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        code = process.wait(timeout=600)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
        process.stderr.close()
    assert code == 0, said


def size(path: Path) -> tuple[int, int]:
    """Of a picture that is in the format its name says."""
    with Image.open(path) as image:
        assert image.format == Image.registered_extensions()[path.suffix]
        return image.size


def results(commands: str) -> list[str]:
    return re.findall(r"(?:-o|>) (\S+\.(?:png|jpg|webp))", commands)


def test_waiting_for_the_server_ends() -> None:
    """By itself curl doubles its waits; a given delay makes them equal."""
    (waiting,) = re.findall(r"^curl .*--retry-connrefused.*$", TEXT, re.MULTILINE)
    tries, delay = (int(re.findall(rf"--{o} (\d+)", waiting)[0]) for o in ("retry", "retry-delay"))
    assert 20 <= tries * delay <= 60


@pytest.mark.parametrize(
    "commands", [c for c in COMMANDS if "styler serve" not in c and "styler train" not in c]
)
def test_command_line(folder: Path, commands: str) -> None:
    shell(commands)
    for name in results(commands):
        assert size(folder / name) >= (80, 60)
    if "clip.mp4" in commands:
        assert len(shown(folder / "painted.mp4")[0]) == 3
    if "holidays/" in commands:
        assert sorted(p.name for p in (folder / "painted").rglob("*.jpg")) == ["a.jpg", "b.jpg"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="the README calls curl")
def test_http(folder: Path) -> None:
    (commands,) = (c for c in COMMANDS if "styler serve" in c)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    assert ":8000" in commands
    shell(f"export STYLER_PORT={port}\n" + commands.replace(":8000", f":{port}"))
    assert size(folder / "painted.png") == size(folder / "photo.jpg")


def test_training(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands, but for a tiny run: settings come from the environment, too."""
    (commands,) = (c for c in COMMANDS if "styler train" in c)
    network = str(write_vgg(folder / "vgg.safetensors"))
    for verb in ("TRAIN", "EVALUATE"):
        monkeypatch.setenv(f"STYLER_{verb}_LOSS_NETWORK", network)
    for name in ("steps", "warmup_steps", "batch"):
        monkeypatch.setenv(f"STYLER_TRAIN_{name.upper()}", "2" if name == "steps" else "1")
    for name in ("photos", "paintings"):
        shutil.copytree("holidays", name)
    shell(commands)
    assert size(folder / "mine.png") == size(folder / "photo.jpg")
    assert b"</svg>" in (folder / "curve.svg").read_bytes()


def test_python(folder: Path) -> None:
    painting, norms = blocks("python")
    names: dict[str, object] = {}
    exec(painting, names)
    exec(norms, {})
    for name in ("pixels", "mixed"):
        painted = names[name]
        assert isinstance(painted, np.ndarray)
        assert painted.shape == (80, 96, 3) and painted.dtype == np.uint8


def test_first_blocks_are_the_two_commands() -> None:
    paint, test = blocks("sh")[:2]
    assert "pip install ." in paint and "styler stylize scene.png" in paint
    assert "'.[dev]'" in test and test.strip().endswith("pytest")


def test_links_lead_somewhere() -> None:
    links = re.findall(r"(?<!!)\[[^]]*\]\((?!http)([^)#]+)\)", TEXT)
    assert "docs/cli.md" in links
    assert [link for link in links if not (ROOT / link).exists()] == []
