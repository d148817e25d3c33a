"""The configuration file and the environment mirror the options, and misspellings are told."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest

from styler.cli.app import app
from styler.cli.settings import config
from tests.cli.conftest import Call
from tests.cli.pictures import read


def commands(group: click.Group = app, path: str = "") -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        assert command is not None
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")


def paint(call: Call, *arguments: object) -> np.ndarray:
    done = call("stylize", "photo.jpg", "-o", "out.png", "--force", *arguments)
    assert done.code == 0, done.err
    return read("out.png")


@pytest.fixture
def file() -> Path:
    path = config.default_path()
    path.parent.mkdir(parents=True)
    return path


def test_command_line_wins_over_environment_over_file(
    call: Call, photo: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_strength = {s: paint(call, "--style", "night", "--strength", s) for s in (0, 0.5, 1)}
    file.write_text('[stylize]\nstyle = ["night"]\nstrength = 0.5\n')
    np.testing.assert_array_equal(paint(call), by_strength[0.5])
    monkeypatch.setenv("STYLER_STYLIZE_STRENGTH", "0")
    np.testing.assert_array_equal(paint(call), by_strength[0])
    np.testing.assert_array_equal(paint(call, "--strength", 1), by_strength[1])


def test_another_file_by_flag_and_by_environment(
    call: Call, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.toml").write_text('[stylize]\nstyle = "night"\nsize = 24\n')
    assert call("--config", "mine.toml", "stylize", photo, "-o", "a.png").code == 0
    assert read("a.png").shape == (16, 24, 3)
    monkeypatch.setenv("STYLER_CONFIG", "mine.toml")
    assert call("stylize", photo, "-o", "b.png").code == 0
    assert read("b.png").shape == (16, 24, 3)


def test_nested_verbs_have_tables_within_tables(call: Call, painting: Path, file: Path) -> None:
    file.write_text('[style.save]\nartist = "A. Painter"\n')
    assert call("style", "save", painting, "-o", "mine.style").code == 0
    assert "A. Painter" in call("style", "show", "mine.style").out


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[stylise]\n", ["stylise", "stylize"]),
        ("[stylize]\nstrenght = 1\n", ["strenght", "strength"]),
        ("stylize = 3\n", ["[stylize]"]),
        ("[stylize\n", ["not TOML"]),
        ("[stylize]\nstrength = 9\n", ["--strength", "1.5"]),
        ('[stylize]\nsize = "huge"\n', ["size", "huge"]),
        ("[stylize]\nstrength = {a = 1}\n", ["strength", "a number"]),
        ("[stylize]\nquality = [3]\n", ["quality", "one value"]),
        ("[stylize]\nmask = [2026-01-01]\n", ["mask", "must be text"]),
        ('[stylize]\nexif = "perhaps"\n', ["--exif", "perhaps"]),
        ("[stylize]\nstrip = true\n", ["strip", "exif = false"]),
        ("[stylize]\nhelp = true\n", ["help", "known: abstraction, bits"]),
        ("[style.sav]\n", ["sav", "save"]),
    ],
)
def test_mistakes_in_the_file(
    call: Call, photo: Path, file: Path, text: str, names: list[str]
) -> None:
    file.write_text(text)
    refused = call("stylize", photo, "--style", "night", "-o", "out.png")
    assert refused.code == 2 and refused.err.count("\n") == 1
    assert all(name in refused.err for name in [*names, str(file)]), refused.err


def test_a_named_file_must_be_there(call: Call) -> None:
    refused = call("--config", "missing.toml", "styles")
    assert refused.code == 2 and "missing.toml" in refused.err


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=[c[0] for c in commands()])
def test_settings_are_named_like_the_options(path: str, command: click.Command) -> None:
    for option in command.get_params(click.Context(command)):
        if isinstance(option, click.Option) and "--help" not in option.opts:
            names = {re.sub("^--", "", flag).replace("-", "_") for flag in option.opts}
            assert option.name in names, f"{path}: {option.opts} is called {option.name}"
            assert option.help, f"{path}: {option.opts} has no help"
