"""``styler sheet``: all styles on one photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from styler.cli.commands.styles import tell
from styler.cli.output.tiles import PAINTED, shrink
from styler.cli.settings import idle, options
from styler.cli.settings.network import Network, held
from styler.controls import Controls, Size
from styler.jobs import Recipe, Runner, Saving, check_output


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
) -> None:
    """Paint a photo in all styles, as one picture to choose from.

    Without --style these are all that `styler styles` lists for this --model, as far as they fit.

    \b
    styler sheet photo.jpg -o sheet.png
    styler sheet photo.jpg -o sheet.png --style NAME --style painting.jpg --columns 2
    """
    from styler import imaging
    from styler.styles import usable

    check_output(output, force)
    Saving().check([output])
    shown, large = Size(long_side=tile), Size(long_side=max(tile, PAINTED))
    content = shrink(imaging.read(photo, max_pixels=max_pixels), large)
    idle.tell([(name, 1.0) for name in style], controls, quiet=False)
    runner = Runner(network.open)
    chosen: list[tuple[str, Any]] = []
    if style:
        for name in style:
            recipe = Recipe(((held(name), 1.0),), controls)
            chosen.append((recipe.tag, runner.styles(recipe)[0]))
    else:
        stylizer = runner.stylizer
        chosen += usable(Path(stylizer.info.path), stylizer.style, tell).items()
    tiles = [("photo", shrink(content, shown))]
    for name, one in chosen:
        painted = runner.stylizer.stylize(content, [one], **vars(controls))
        tiles.append((name, shrink(painted, shown)))
    Saving(force=force).write(
        imaging.grid(tiles, columns=min(columns, len(tiles)), labels=labels), output
    )
