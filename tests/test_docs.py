"""What README and docs tell to type does what they say; links lead somewhere.

A document is a session: its blocks of ``sh`` and ``python`` run as they stand, one after the other,
in the folder of a reader who has a few pictures. A block that cannot run here says why in a comment
above it: ``<!-- not run: why -->``.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.networks import write_vgg
from tests.video.clips import scenes
from tests.video.clips import write as write_clip

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_RUN = {ROOT / "weights" / "README.md": "hours of training on pictures not included"}
"""Documents none of whose blocks runs, and why."""

PICTURES = """photo.jpg painting.jpg sky.png land.png holidays/a.jpg holidays/beach/b.jpg
    photos/a.png photos/b.png paintings/c.png paintings/d.png"""
TINY = {
    "TRAIN": {"steps": 2, "warmup_steps": 1, "batch": 1},
    "EVALUATE": {"pairs": 2},
}
"""Settings that a reader would not have: they come from the environment, too."""


@dataclass(frozen=True)
class Block:
    """Code between fences, with its language, the line it begins at, and why it is not run."""

    language: str
    code: str
    line: int
    excuse: str | None

    def as_shell(self) -> str:
        if self.language == "sh":
            return self.code
        return f"{shlex.quote(sys.executable)} - <<'END OF PYTHON'\n{self.code}END OF PYTHON\n"


def blocks(document: Path) -> list[Block]:
    text = document.read_text("utf-8")
    fenced = re.finditer(
        r"^(?:<!-- not run: (?P<excuse>[^\n]+) -->\n)?"
        r"```(?P<language>sh|python)\n(?P<code>.*?)^```$",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return [
        Block(b["language"], b["code"], text.count("\n", 0, b.start("language")) + 1, b["excuse"])
        for b in fenced
    ]


def session(document: Path) -> str:
    """All blocks of a document that run, as one script that tells where it is."""
    return "".join(
        f"echo '{document.name}:{block.line}' >&2\n{block.as_shell()}"
        for block in blocks(document)
        if not block.excuse
    )


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with what a reader has, and ``styler`` on the path."""
    for seed, name in enumerate(PICTURES.split()):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8)
        Image.fromarray(noise).resize((96, 80), Image.Resampling.BICUBIC).save(path)
    write_clip(tmp_path / "clip.mp4", scenes(6, width=96, height=80), sound=True)
    for painter in ("mine", "other", "third"):  # what other programs painted, and votes on it
        (tmp_path / painter).mkdir()
        for photo, painting in product("ab", "cd"):
            made = tmp_path / painter / f"{photo}__{painting}.png"
            shutil.copy(tmp_path / "photos" / f"{photo}.png", made)
    for votes in ("first.json", "second.json"):
        (tmp_path / votes).write_text('{"00": {"HANG": "CAB"}}')
    for folder in ("scripts", "benchmarks"):  # of a clone
        (tmp_path / folder).symlink_to(ROOT / folder)
    (tmp_path / "docs").mkdir()
    network = write_vgg(tmp_path / "vgg16.safetensors")
    for verb, settings in TINY.items():
        for name, value in {**settings, "loss_network": network}.items():
            monkeypatch.setenv(f"STYLER_{verb}_{name.upper()}", str(value))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "styles"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    yield tmp_path


def run(script: str) -> None:
    """As a reader's shell would, then end whatever it left in the background."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    process = subprocess.Popen(
        ["bash", "-euo", "pipefail", "-c", script.replace(":8000", f":{port}")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "STYLER_PORT": port},
    )
    assert process.stderr is not None
    watched, said = process.stderr, ""
    try:
        code = process.wait(timeout=600)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        said = watched.read()
        watched.close()
    assert code == 0, said


def check_results(script: str, folder: Path) -> None:
    """Every picture that a command was to write is there, in the format its name says."""
    for name in re.findall(r"(?:-o|>) (\S+\.(?:png|jpg|webp))", script):
        with Image.open(folder / name) as image:
            assert image.format == Image.registered_extensions()[Path(name).suffix], name
            assert min(image.size) >= 60, name
    for name in re.findall(r"--curve (\S+\.svg)", script):
        assert b"</svg>" in (folder / name).read_bytes(), name
    for name in re.findall(r"holidays/ .*-o (\S+)/", script):
        assert len([*(folder / name).rglob("*.jpg")]) == 2, name


@pytest.mark.skipif(shutil.which("curl") is None, reason="the documents call curl")
@pytest.mark.parametrize("document", [d for d in DOCUMENTS if session(d)], ids=lambda d: d.stem)
def test_blocks_run(reader: Path, document: Path) -> None:
    script = session(document)
    run(script)
    check_results(script, reader)


def test_what_does_not_run_says_why() -> None:
    excuses = {b.excuse for d in DOCUMENTS for b in blocks(d) if b.excuse}
    assert all(len(excuse) > 20 for excuse in [*excuses, *NOT_RUN.values()])
    assert not any(block.excuse for document in NOT_RUN for block in blocks(document))
    # Nothing is left out because its language has another name.
    texts = [document.read_text("utf-8") for document in DOCUMENTS]
    languages = {found for t in texts for found in re.findall(r"^ *(?:```|~~~)(\w+)", t, re.M)}
    assert languages >= {"sh", "python"}
    assert languages.isdisjoint({"bash", "console", "py", "pycon", "python3", "shell", "zsh"})


def test_waiting_for_the_server_ends() -> None:
    """By itself curl doubles its waits; a given delay makes them equal."""
    lines = [line for document in DOCUMENTS for line in session(document).splitlines()]
    waits = [line for line in lines if "--retry-connrefused" in line]
    assert len(waits) >= 2
    for wait in waits:
        tries, delay = (int(re.findall(rf"--{o} (\d+)", wait)[0]) for o in ("retry", "retry-delay"))
        assert 20 <= tries * delay <= 60


def test_first_blocks_of_the_readme_are_the_two_commands() -> None:
    paint, test = (block.code for block in blocks(ROOT / "README.md")[:2])
    assert "pip install ." in paint and "styler stylize scene.png" in paint
    assert "'.[dev]'" in test and "/pytest " in test


@pytest.mark.parametrize("document", [*DOCUMENTS, *NOT_RUN], ids=lambda d: d.stem)
def test_links_lead_somewhere(document: Path) -> None:
    """As the files lie in the repository; the site checks its own, and their anchors."""
    links = re.findall(r"\[[^]]*\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
