"""The ``styler`` command: its verbs, its configuration, and what becomes of errors."""

import errno
import os
from importlib import import_module
from pathlib import Path

import click

from styler.cli.settings import config
from styler.errors import StorageError, StylerError, one_line
from styler.files import TOO_LONG, printable

VERBS = (
    "stylize",
    "video",
    "jobs",
    "sheet",
    "mix",
    "compare",
    "styles",
    "style",
    "serve",
    "train",
    "export",
    "evaluate",
    "vote",
    "benchmark",
    "info",
    "completion",
)
"""In the order of use. Each is a command of that name in a module of that name."""

EXIT_CODES = {
    0: "everything asked for is done",
    1: "some pictures of several failed (they are listed at the end), or the machine, or a check",
    2: "the command, a picture, a style or the weights are at fault; nothing was painted",
    130: "interrupted with Ctrl-C; what is finished is kept, the same command goes on from there",
}


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"styler {version('styler')}")
        ctx.exit()


def _configure(ctx: click.Context, _: click.Parameter, path: Path | None) -> None:
    assert isinstance(ctx.command, click.Group)
    ctx.default_map = config.load(path, ctx.command)


class Verbs(click.Group):
    """The group of verbs, of which each is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = getattr(import_module(f"styler.cli.commands.{name}"), name)
        return command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in EXIT_CODES.items()])


@click.group(
    cls=Verbs,
    context_settings={
        "auto_envvar_prefix": "STYLER",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_configure,
    expose_value=False,
    is_eager=True,
    help="A TOML file with defaults for the verbs.  [default: config.toml of the user's folder]",
)
@click.option(
    "--version",
    is_flag=True,
    callback=_version,
    expose_value=False,
    is_eager=True,
    help="Print the version and leave.",
)
def app() -> None:
    """Paint photos in the style of any picture.

    \b
    styler styles                                    what there is to paint with
    styler stylize photo.jpg --style NAME            paint a photo
    styler stylize photo.jpg --style painting.jpg    in the style of any picture
    styler video clip.mp4 --style NAME -o out.mp4    paint a clip
    styler serve                                     do it over HTTP

    Every option can also be set in the configuration file (a table per verb, such as [stylize])
    or in the environment (STYLER_STYLIZE_STRENGTH=0.8); the command line wins over the
    environment, and the environment over the file.
    """


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns one of `EXIT_CODES`, an error told in a line on stderr."""
    try:
        code = app.main(arguments, prog_name="styler", standalone_mode=False)
    except click.Abort:  # click's name for Ctrl-C
        return _fail("interrupted", 130)
    except click.exceptions.NoArgsIsHelpError as error:  # nothing was asked for: not a mistake
        click.echo(error.format_message())
        return 0
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "styler"
        return _fail(f"{error.format_message()} Try '{command} --help'.", 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 2)
    except StylerError as error:
        return _fail(str(error), 1 if isinstance(error, StorageError) else 2)
    except MemoryError:
        return _fail("not enough memory; paint the photo smaller, for example with --size", 2)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return _fail(TOO_LONG.format(printable(os.fsdecode(error.filename or ""))), 2)
        names_a_file = error.filename is not None
        what = f"{os.fspath(error.filename)}: {error.strerror}" if names_a_file else str(error)
        return _fail(what, 1)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    click.echo(f"styler: {one_line(' '.join(message.split()))}", err=True)
    return code
