"""``styler sheet``: all styles on one photo."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from styler.cli.commands.styles import tell
from styler.cli.output.tiles import Tiles, check_picture, shrink, small
from styler.cli.settings import idle, options
from styler.cli.settings.network import Network, held
from styler.controls import Controls
from styler.jobs import Recipe, Runner


@click.command()
@options.photo
@click.option(
    "--style",
    "-s",
    shell_complete=options.complete_style,
    multiple=True,
    metavar="NAME|FILE",
    help="Only these styles.  [default: all presets]",
)
@options.picture
@click.option(
    "--columns",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Pictures in a row.",
)
@options.tile
@options.labels
@options.look
@options.max_pixels
@options.network
@options.force
@options.quiet
def sheet(
    photo: Path,
    style: tuple[str, ...],
    output: Path,
    columns: int,
    tile: int,
    labels: bool,
    controls: Controls,
    max_pixels: int,
    network: Network,
    force: bool,
    quiet: bool,
) -> None:
    """Paint a photo in all styles, as one picture to choose from.

    Without --style these are all that `styler styles` lists for this --model, as far as they fit.

    \b
    styler sheet photo.jpg -o sheet.png
    styler sheet photo.jpg -o sheet.png --style NAME --style painting.jpg --columns 2
    """
    from styler.styles import usable

    check_picture(output, force)
    content, shown = small(photo, tile, max_pixels)
    idle.tell([(name, 1.0) for name in style], controls, quiet=quiet)
    runner = Runner(network.open)
    chosen: list[tuple[str, Any]] = []
    if style:
        for name in style:
            recipe = Recipe(((held(name), 1.0),), controls)
            chosen.append((recipe.tag, runner.styles(recipe)[0]))
    else:
        stylizer = runner.stylizer
        chosen += usable(Path(stylizer.info.path), stylizer.style, tell).items()
    with Tiles(photo, content, len(chosen), quiet=quiet) as all_styles:
        all_styles.tiles.append(("photo", shrink(content, shown)))
        for name, one in chosen:
            paint = partial(runner.stylizer.stylize, content, [one], **vars(controls))
            all_styles.paint(name, paint, shown)
    all_styles.write(output, columns=columns, labels=labels, force=force)
