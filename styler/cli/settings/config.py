"""Defaults from a TOML file: a table per verb, its keys named like the options."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from styler.errors import InputError, did_you_mean


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
    import tomllib

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
        child = click.Context(command, parent=ctx, info_name=key)
        checked[key] = _settings(value, child, f"{where}: [{key}]")
    return checked


def _settings(table: dict[str, Any], ctx: click.Context, where: str) -> dict[str, Any]:
    """The table of a verb with its values as they would be typed."""
    known = [p for p in ctx.command.get_params(ctx) if isinstance(p, click.Option)]
    options = {p.name: p for p in known if "--help" not in p.opts}
    spellings = {flag.lstrip("-"): p.name or "" for p in known for flag in p.opts}
    opposites = {flag.lstrip("-"): p.name for p in known for flag in p.secondary_opts}
    settings: dict[str, Any] = {}
    for key, value in table.items():
        name = spellings.get(key.replace("_", "-"), key.replace("-", "_"))
        if key in opposites:
            raise InputError(f"{where} has no option {key!r}; write {opposites[key]} = false")
        if name not in options:
            raise InputError(f"{where} has no option {key!r}{_hint(name, options)}")
        option = options[name]
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str | int | float) for one in values):
            raise InputError(f"{where}: {key} must be text, a number, true or false")
        if isinstance(value, list) and not option.multiple:
            raise InputError(f"{where}: {key} takes one value, not a list")
        typed = [str(one) for one in values]
        settings[name] = typed if option.multiple else typed[0]
        try:
            option.process_value(ctx, settings[name])
        except click.UsageError as error:
            raise InputError(f"{where}: {error.format_message()}") from None
    return settings


def _hint(name: str, known: Iterable[str | None]) -> str:
    known = sorted(filter(None, known))
    return "; " + did_you_mean(name, known, f"known: {', '.join(known)}")
