"""``styler sheet``: all styles on one photo."""

from __future__ import annotations

from pathlib import Path

import click

from styler.cli import options
from styler.cli.canvas import grid
from styler.cli.paint import Network, Painter, resolve, shrink, tag
from styler.cli.saving import refuse_existing
from styler.controls import Controls, Size


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
    default=4,
    show_default=True,
    help="Pictures in a row.",
)
@options.tile
@options.labels
@options.look
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
    network: Network,
    force: bool,
) -> None:
    """Paint a photo in all styles, as one picture to choose from.

    \b
    styler sheet photo.jpg -o sheet.png
    styler sheet photo.jpg -o sheet.png --style NAME --style painting.jpg --columns 2
    """
    import styler
    from styler import imaging

    refuse_existing(output, force)
    content = shrink(imaging.read(photo), Size(long_side=tile))
    stylizer = network.open()
    tiles = [("photo", content)]
    for name in style or [info.name for info in styler.presets()]:
        styles = [(resolve(stylizer, name, controls.style_size), 1.0)]
        tiles.append((tag([name]), Painter(stylizer, styles, controls)(content)))
    imaging.write(grid(tiles, columns=min(columns, len(tiles)), labels=labels), output, force=force)
