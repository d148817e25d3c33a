"""Defaults from a TOML file: a table per verb, its keys named like the options."""

import difflib
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from styler.errors import InputError


def default_path() -> Path:
    """Where the file is looked for when none is named; it need not exist."""
    import platformdirs

    return platformdirs.user_config_path("styler") / "config.toml"


def load(path: Path | None, group: click.Group) -> dict[str, Any]:
    """Read `path`, or the user's own file if there is one, as click's `default_map`.

    Raises `InputError` for a file that is not there or not TOML, and for tables and keys
    that are no verb or option: a misspelt setting must not be ignored in silence.
    """
    file = path or default_path()
    if path is None and not file.is_file():
        return {}
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{file}: {error.strerror}; --config names a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not TOML: {error}") from None
    return _checked(tables, group, str(file))


def _checked(table: dict[str, Any], group: click.Group, where: str) -> dict[str, Any]:
    ctx = click.Context(group)
    checked: dict[str, Any] = {}
    for key, value in table.items():
        command = group.get_command(ctx, key)
        if command is None:
            raise InputError(f"{where}: no verb {key!r}{_hint(key, group.list_commands(ctx))}")
        if not isinstance(value, dict):
            raise InputError(f"{where}: {key!r} must be a table, written [{key}]")
        if isinstance(command, click.Group):
            checked[key] = _checked(value, command, f"{where}: [{key}]")
            continue
        options = {p.name: p for p in command.get_params(ctx) if isinstance(p, click.Option)}
        names = {name.replace("-", "_"): setting for name, setting in value.items()}
        for name, setting in names.items():
            if name not in options:
                raise InputError(f"{where}: [{key}] has no option {name!r}{_hint(name, options)}")
            if options[name].multiple and not isinstance(setting, list):
                names[name] = [setting]
        checked[key] = names
    return checked


def _hint(name: str, known: Iterable[str | None]) -> str:
    known = sorted(filter(None, known))
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
