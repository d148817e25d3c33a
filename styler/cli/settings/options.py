"""Options that several verbs share, each defined once."""

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from styler.cli.settings import idle
from styler.cli.settings.network import Network, held, weighted
from styler.controls import CONTROLS, MASK, ONLY, Control, Controls
from styler.errors import ParameterError, WeightsError
from styler.jobs import PAINTED, Recipe, Saving, size_of

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Spelled(click.Option):
    """An option that is known by each of its names in the environment, too."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        names = [flag.lstrip("-").replace("-", "_").upper() for flag in self.opts]
        found = (os.environ.get(f"{ctx.auto_envvar_prefix}_{name}") for name in names)
        return next(filter(None, found), None)


def option(control: Control) -> Decorator:
    """The option of a control: its range or choices, its default, its help."""
    kind: Any = None
    if control.choices:
        kind = click.Choice(control.choices)
    elif control.high:
        ranged: Any = click.IntRange if isinstance(control.low, int) else click.FloatRange
        kind = ranged(control.low, control.high)
    return click.option(
        *(idle.flag(name) for name in (control.name, control.also) if name),
        cls=Spelled,
        type=kind,
        default=control.default,
        show_default=control.default is not None,
        metavar=control.metavar,
        callback=taken(control) if control.of else None,
        help=control.help + (f"  [default: {control.unset}]" if control.unset else ""),
    )


def taken(control: Control) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def take(_: click.Context, __: click.Parameter, value: Any) -> Any:
        try:
            return control.taken(value)
        except ParameterError as error:
            raise click.BadParameter(f"{error}.") from None

    return take


def complete_style(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files, and presets that begin like this (last, or bash would take files alone)."""
    import styler

    offered = [CompletionItem(incomplete, type="file")]
    with contextlib.suppress(WeightsError):  # a model that is not there has no presets
        offered += [
            CompletionItem(info.name, help=info.title)
            for info in styler.presets(ctx.params.get("model") or "default", damaged=lambda _: None)
            if info.name.startswith(incomplete)
        ]
    return offered


def complete_model(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders, and shipped models that begin like this."""
    from styler.models import models

    known = [CompletionItem(name) for name in models() if name.startswith(incomplete)]
    return [CompletionItem(incomplete, type="dir"), *known]


style = click.option(
    "--style",
    "-s",
    shell_complete=complete_style,
    multiple=True,
    required=True,
    metavar="NAME|FILE[=WEIGHT]",
    help="A preset (see `styler styles`), a painting (- for standard input), or a style file; "
    "several are mixed.",
)
max_pixels = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    default=178_000_000,
    show_default=True,
    help="Refuse larger photos, by their header, before they are decoded.",
)


def _memory(_: click.Context, __: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else size_of(value)
    except ParameterError as error:
        raise click.BadParameter(f"{error}.") from None


max_memory = click.option(
    "--max-memory",
    metavar="SIZE",
    callback=_memory,
    help="Memory of the process, such as 700MB: larger photos are painted by way of the disk, or "
    "refused before they are decoded.  [default: what is free]",
)
style_size = option(CONTROLS["style_size"])
mask = click.option(
    "--mask",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help=MASK,
)
only = click.option("--only", type=click.Path(path_type=Path, dir_okay=False), help=ONLY)
engine = click.option(
    "--engine",
    type=click.Choice(["auto", "onnxruntime", "torch"]),
    default="auto",
    show_default=True,
    help="What runs the network; torch needs the [train] install.",
)
threads = click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Threads of the engine.  [default: the CPUs this process may use]",
)
model = click.option(
    "--model",
    default="default",
    show_default=True,
    shell_complete=complete_model,
    metavar="NAME|FOLDER",
    help="Weights: a shipped model (see `styler info`), or a folder that `styler export` wrote.",
)
force = click.option("--force", "-f", is_flag=True, help="Overwrite what exists.")
format_ = click.option(
    "--format",
    type=click.Choice((*PAINTED, "gif")),
    help="File format of the result.  [default: by the name of the output]",
)
quality = click.option(
    "--quality",
    type=click.IntRange(1, 100),
    help="Quality of JPEG and WebP (92 unless given) and of AVIF (80 unless given).",
)
lossless = click.option(
    "--lossless", is_flag=True, help="WebP without loss; PNG, TIFF and BMP always are."
)
bits = click.option(
    "--bits",
    type=click.Choice([8, 16]),
    help="Bits per colour of PNG and TIFF.  [default: those of the photo]",
)
page = click.option(
    "--page",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Paint this page or frame.  [default: all frames of what moves, else the first page]",
)
preview = click.option(
    "--preview",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Paint only so much of a clip's beginning.",
)
crf = click.option(
    "--crf",
    type=click.IntRange(0, 63),
    help="Constant rate factor of a clip, lower is better and larger.  [default: 18 for H.264, 30 "
    "for VP9]",
)
exif = click.option(
    "--exif/--strip",
    default=True,
    show_default=True,
    help="Keep the photo's EXIF data, or leave them out.",
)
quiet = click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")


def tile_of(side: int) -> Decorator:
    """The option for the size of pictures among others, `side` by default."""
    return click.option(
        "--tile",
        type=click.IntRange(min=16),
        default=side,
        show_default=True,
        metavar="PIXELS",
        help="Long side of each picture.",
    )


def together(*decorators: Decorator) -> Decorator:
    """Several options as one decorator, shown in the order they are given."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


def bundle(
    kind: type[Any],
    name: str,
    *decorators: Decorator,
    make: Callable[..., Any] | None = None,
) -> Decorator:
    """Options that are handed on as one dataclass, `kind`, under one `name`; `make` makes it.

    Fields without an option keep their defaults.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            names = [field.name for field in dataclasses.fields(kind) if field.name in kwargs]
            given = {option: kwargs.pop(option) for option in names}
            return function(*args, **{name: (make or kind)(**given)}, **kwargs)

        return together(*decorators)(wrapped)

    return decorate


def controlled(*chosen: Control) -> Decorator:
    """The options of controls, handed on as `Controls`.

    One that has no effect without another, which is missing, is a mistake on the command line; as
    a default from elsewhere it waits for the other.
    """

    def controls(**given: Any) -> Controls:
        for control in chosen:
            if control.needs and given[control.needs] is None:
                control.taken(given[control.name])
                idle.check(control)
                given[control.name] = control.default
        return Controls(**given)

    return bundle(Controls, "controls", *map(option, chosen), make=controls)


controls = controlled(*CONTROLS.values())
look = controlled(*(control for control in CONTROLS.values() if control.looks))
masks = together(mask, only)
network = bundle(Network, "network", model, engine, threads)
saving = bundle(Saving, "saving", format_, quality, lossless, bits, exif, force)

OUTPUT = "Where to: a file or a folder.  [default: PHOTO.STYLE.EXT beside it]"
NAME = (
    "What paintings are called: {stem}, {name}, {style} and {ext} stand for the photo's name "
    "without and with its extension, the style, and the painting's extension."
)

queue = click.option(
    "--queue",
    envvar="STYLER_JOB_QUEUE",
    metavar="FILE|URL",
    help="The queue: a SQLite file, or a database such as postgresql://user@host/database (needs "
    "the [queue] install).  [default: jobs.sqlite of the user's folder]",
)


def own_queue() -> Path:
    """The queue where none is named."""
    import platformdirs

    return platformdirs.user_data_path("styler") / "jobs.sqlite"


photo = click.argument("photo", type=click.Path(path_type=Path))
picture = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Picture to write.",
)
tile = tile_of(384)
labels = click.option(
    "--labels/--no-labels", default=True, show_default=True, help="Write what is what below."
)


def recipe(
    style: Sequence[str],
    controls: Controls,
    network: Network,
    mask: Sequence[Path] = (),
    only: Path | None = None,
    *,
    quiet: bool,
) -> Recipe:
    """What the options of a verb that paints mean together; warns of those without effect."""
    named = [weighted(argument) for argument in style]
    meant = Recipe(
        styles=tuple((held(name), weight) for name, weight in named),
        controls=controls,
        masks=tuple(held(str(path), "--mask") for path in mask),
        only=None if only is None else held(str(only), "--only"),
        model=network.model,
    )
    idle.tell(meant.styles, controls, quiet=quiet)
    return meant
