"""``styler style``: styles as small files, saved once and used by name."""

from __future__ import annotations

from json import dumps
from pathlib import Path

import click

from styler.cli.commands.styles import styles
from styler.cli.settings import options
from styler.cli.settings.network import Network, held
from styler.errors import ParameterError


@click.group()
def style() -> None:
    """Keep styles as small files, to use them by name.

    \b
    styler style save painting.jpg -o NAME.style
    styler style show NAME
    styler style list
    """


@style.command()
@click.argument("painting", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write.  [default: PAINTING.style in the folder of your own styles]",
)
@click.option("--title", help="Of the painting, for `styler styles`.")
@click.option("--artist", help="Who painted it.")
@click.option("--year", help="When.")
@click.option("--source", help="Where it is from.")
@options.style_size
@options.network
@options.force
def save(
    painting: Path,
    output: Path | None,
    title: str | None,
    artist: str | None,
    year: str | None,
    source: str | None,
    style_size: int,
    network: Network,
    force: bool,
) -> None:
    """Save a painting's style: a small file that paints as the painting does.

    Prints the file. One in the folder of your own styles is known by its name from then on.

    \b
    styler style save painting.jpg
    styler style save painting.jpg -o NAME.style --artist "Katsushika Hokusai" --year 1831
    cat painting.jpg | styler style save - -o NAME.style
    styler stylize photo.jpg --style painting
    """
    from dataclasses import replace

    from styler import imaging
    from styler.styles import user_folder

    given = held(str(painting), "PAINTING")
    if isinstance(given, bytes) and output is None:
        raise ParameterError(f"{painting}: has no name to know it by; give one with -o NAME.style")
    file = output or user_folder() / f"{painting.stem}.style"
    if file.suffix != ".style":
        raise ParameterError(f"{file}: a style's file is named NAME.style")
    made = network.open().style(
        imaging.read(given, name=str(painting)), size=style_size, name=file.stem
    )
    if output is None:
        file.parent.mkdir(parents=True, exist_ok=True)
    replace(made, title=title, artist=artist, year=year, source=source).save(file, force=force)
    click.echo(file)


@style.command()
@click.argument("name", metavar="NAME|FILE", shell_complete=options.complete_style)
@options.model
@click.option("--json", is_flag=True, help="Print JSON.")
def show(name: str, model: str, json: bool) -> None:
    """Show what is known of a style.

    \b
    styler style show NAME
    styler style show NAME.style --json
    """
    import styler

    found = styler.Style.load(name) if name.endswith(".style") else styler.preset(name, model)
    known = styler.presets(model, damaged=lambda _: None)
    paths = {info.name: str(info.path) for info in known}
    facts = {
        "name": found.name,
        "title": found.title,
        "artist": found.artist,
        "year": found.year,
        "source": found.source,
        "file": name if name.endswith(".style") else paths[name],
        "model": found.model,
        "sites": [len(stats.mean) for stats in found.statistics],
    }
    if json:
        click.echo(dumps(facts))
        return
    for key, value in facts.items():
        if value is not None:
            click.echo(f"{key:<7}{value}")


style.add_command(styles, "list")
