"""The manual is current, and every example in the help runs."""

import inspect
import runpy
import shlex
from pathlib import Path

import click
import pytest

from tests.cli.conftest import Call
from tests.cli.pictures import save
from tests.cli.settings.test_config import commands
from tests.networks import write_vgg

ROOT = Path(__file__).parents[2]
WRITE = {"stylize", "video", "sheet", "mix", "compare", "save"}
ELSEWHERE = (
    "styler serve",
    "styler train",
    "styler export",
    "cat ",
    "curl ",
)  # tests/test_docs.py


def test_manual_is_current() -> None:
    manual = runpy.run_path(str(ROOT / "scripts" / "make_cli_docs.py"))["manual"]
    current = (ROOT / "docs" / "cli.md").read_text("utf-8")
    assert current == manual(), "run python scripts/make_cli_docs.py"


def examples(command: click.Command) -> list[str]:
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    blocks = [p.splitlines()[1:] for p in paragraphs if p.startswith("\b\n")]
    return [line for block in blocks for line in block]


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=[c[0] for c in commands()])
def test_examples_of_the_help_run(
    call: Call, path: str, command: click.Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = examples(command)
    assert lines, f"styler {path} has no example"
    for name in (
        "photo.jpg",
        "painting.jpg",
        "holidays/a.jpg",
        "holidays/b/c.jpg",
        "sky.png",
        "land.png",
    ):
        save(Path(name), 60, 40)
    for name in ("photos/a.png", "paintings/b.png", "mine/a__b.png", "other/a__b.png"):
        save(Path(name), 64, 64)
    if path in ("video", "jobs add"):
        from tests.video.clips import scenes, write

        write(Path("clip.mp4"), scenes(2))
    for name in ("votes.json", "more.json"):
        Path(name).write_text('{"00": {"HANG": "AB"}}')
    if path == "vote count":
        folders = ("photos", "paintings", "mine", "other")
        assert call("vote", "sheets", *folders, "-o", "sheets").code == 0
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "own"))
    for name in ("NAME", "OTHER"):
        assert call("style", "save", "painting.jpg", "-o", f"{name}.style").code == 0
        (tmp_path / "own").mkdir(exist_ok=True)
        (tmp_path / "own" / f"{name}.style").write_bytes(Path(f"{name}.style").read_bytes())
    monkeypatch.setenv("STYLER_EVALUATE_LOSS_NETWORK", str(write_vgg(tmp_path / "vgg.safetensors")))
    monkeypatch.setenv("STYLER_EVALUATE_PAIRS", "1")
    if path.startswith("jobs ") and "ID" in lines[0]:
        added = call("jobs", "add", "photo.jpg", "--style", "NAME", "-o", "queued.jpg")
        lines = [line.replace("ID", added.out.strip()) for line in lines]
    for line in lines:
        if line.startswith(ELSEWHERE) or any(f"--{o}" in line for o in ("watch", "model", "ray")):
            continue
        words = shlex.split(line.split("  ")[0].split(" |")[0].split(" >")[0])
        forced = ["--force"] if WRITE & {*words} else []
        done = call(*words[1:], *forced)
        assert done.code == 0, f"{line}: {done.err}"
