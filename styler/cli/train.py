"""``styler train``: a folder of photos and one of paintings to weights.

The options are the fields of `TrainConfig`: a setting added there is an option here.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import types
import typing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import styler
from styler.cli.progress import bar
from styler.errors import MissingDependencyError

if TYPE_CHECKING:
    from rich.progress import Progress


class FieldsCommand(click.Command):
    """A command whose options are a dataclass's fields, read when they are first needed."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        return [*field_options(_config_class()), *super().get_params(ctx)]


@cache
def _config_class() -> type[Any]:
    # By path, for importing the package would import torch: `styler train --help` answers at
    # once, and where torch is not installed.
    path = Path(styler.__file__).parent / "train" / "config.py"
    spec = importlib.util.spec_from_file_location("styler.train.config", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    config: type[Any] = module.TrainConfig
    return config


def field_options(config: type[Any]) -> list[click.Parameter]:
    """One option per field of a dataclass: its name, type, default and ``metadata["help"]``."""
    hints = typing.get_type_hints(config)
    return [_option(field, hints[field.name]) for field in dataclasses.fields(config)]


def _option(field: dataclasses.Field[Any], hint: Any) -> click.Option:
    required = field.default is dataclasses.MISSING
    kind = next(arg for arg in _members(hint) if arg is not type(None))
    default = None if required else field.default
    return click.Option(
        ["--" + field.name.replace("_", "-")],
        type=_type(kind),
        required=required,
        default=default,
        show_default=default is not None,
        help=field.metadata["help"],
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


@click.command("train", cls=FieldsCommand)
def command(**settings: Any) -> None:
    """Train the network on photos and paintings of your own.

    Prints where the weights are. A run that was stopped goes on when the same command is given
    again. Needs the training install: pip install "styler[train]".

    \b
    styler train --content photos/ --style paintings/ --out runs/first
    styler train --content photos/ --style paintings/ --out runs/quick --steps 200 --minutes 5
    styler export runs/first -o models/first
    """
    try:
        from styler.train import TrainConfig, train
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f'training needs {error.name}; pip install "styler[train]"'
        ) from None
    config = TrainConfig(**settings)
    with Told(config.steps, config.log_every) as told:
        weights = train(config, told.step)
    click.echo(weights)


class Told:
    """The course of training: a bar on a terminal, a line now and then in a log; on stderr."""

    def __init__(self, steps: int, every: int) -> None:
        self.steps = steps
        self.every = every
        self.progress: Progress | None = bar("steps")

    def __enter__(self) -> Told:
        if self.progress:
            self.progress.start()
            self.task = self.progress.add_task("training", total=self.steps, said="")
        return self

    def __exit__(self, *_: object) -> None:
        if self.progress:
            self.progress.stop()

    def step(self, done: int, losses: dict[str, float]) -> None:
        said = "  ".join(f"{name} {value:.4g}" for name, value in losses.items())
        if self.progress:
            self.progress.update(self.task, completed=done, said=said)
        elif done % self.every == 0 or done == self.steps:
            click.echo(f"step {done}/{self.steps}  {said}", err=True)
