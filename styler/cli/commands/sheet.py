"""``styler sheet``: all styles on one photo."""

from __future__ import annotations

from pathlib import Path

import click

from styler.cli.commands.styles import tell
from styler.cli.settings import options
from styler.controls import Controls, Size
from styler.jobs.output import Saving, check_output
from styler.jobs.painter import Network, Painter, resolve, shrink, tag


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
    content = shrink(imaging.read(photo, max_pixels=max_pixels), Size(long_side=tile))
    stylizer = network.open()
    tiles = [("photo", content)]
    if style:
        chosen = [(tag([name]), resolve(stylizer, name, controls.style_size)) for name in style]
    else:
        chosen = list(usable(Path(stylizer.info.path), stylizer.style, tell).items())
    for name, one in chosen:
        tiles.append((name, Painter(stylizer, [(one, 1.0)], controls)(content)))
    imaging.write(
        imaging.grid(tiles, columns=min(columns, len(tiles)), labels=labels), output, force=force
    )
