"""Options made from the fields of a settings class: a field added there is an option here."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


class FieldsCommand(click.Command):
    """A command with further options that are made only when it is run or described."""

    def __init__(self, *args: Any, fields: Callable[[], list[click.Option]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fields = fields
        self._made: list[click.Option] | None = None

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        if self._made is None:
            self._made = self._fields()
        own = super().get_params(ctx)
        return [*own[:-1], *self._made, own[-1]]  # --help stays last


def dataclass_options(config: type[Any]) -> list[click.Option]:
    """One option per field of a dataclass: its name, type, default and ``metadata["help"]``."""
    hints = typing.get_type_hints(config)
    return [
        option(
            field.name,
            hints[field.name],
            field.metadata["help"],
            required=field.default is dataclasses.MISSING,
            default=None if field.default is dataclasses.MISSING else field.default,
        )
        for field in dataclasses.fields(config)
    ]


def option(name: str, hint: Any, help: str, *, default: Any = None, **more: Any) -> click.Option:
    """An option for a field of type `hint`: a plain value, ``Literal``, ``Path``, or optional."""
    flag = "--" + name.replace("_", "-")
    kind = next(member for member in _members(hint) if member is not type(None))
    if kind is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    return click.Option(
        [flag],
        type=_type(kind),
        default=default,
        show_default=default is not None,
        help=help,
        **more,
    )


def _members(hint: Any) -> tuple[Any, ...]:
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return typing.get_args(hint) if union else (hint,)


def _type(kind: Any) -> Any:
    if typing.get_origin(kind) is typing.Literal:
        return click.Choice(typing.get_args(kind))
    if kind is Path:
        return click.Path(path_type=Path)
    assert kind in (int, float, str, bool), kind
    return kind
