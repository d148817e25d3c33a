"""``styler mix``: a strip between two styles."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from styler.cli.output.tiles import Tiles, check_picture, small
from styler.cli.settings import idle, options
from styler.cli.settings.network import Network, held
from styler.controls import Controls
from styler.errors import ParameterError
from styler.jobs import Recipe, Runner


@click.command()
@options.photo
@click.option(
    "--style",
    "-s",
    shell_complete=options.complete_style,
    multiple=True,
    required=True,
    metavar="NAME|FILE",
    help="From which style to which: give two.",
)
@options.picture
@click.option(
    "--steps",
    type=click.IntRange(2, 32),
    default=5,
    show_default=True,
    help="Pictures in the strip.",
)
@options.tile
@options.labels
@options.look
@options.max_pixels
@options.network
@options.force
@options.quiet
def mix(
    photo: Path,
    style: tuple[str, ...],
    output: Path,
    steps: int,
    tile: int,
    labels: bool,
    controls: Controls,
    max_pixels: int,
    network: Network,
    force: bool,
    quiet: bool,
) -> None:
    """Paint a strip that goes from one style to another.

    \b
    styler mix photo.jpg --style NAME --style OTHER -o strip.png
    styler mix photo.jpg --style NAME --style painting.jpg -o strip.png --steps 9
    """
    if len(style) != 2:
        raise ParameterError(f"--style was given {len(style)} times; a strip goes between two")
    check_picture(output, force)
    content, shown = small(photo, tile, max_pixels)
    first, last = map(held, style)
    idle.tell([(first, 1.0), (last, 1.0)], controls, quiet=quiet)
    runner = Runner(network.open)
    with Tiles(photo, content, steps, quiet=quiet) as strip:
        for step in range(steps):
            share = step / (steps - 1)
            recipe = Recipe(((first, 1 - share), (last, share)), controls)
            near = Recipe(((first if step == 0 else last, 1),))
            label = near.tag if share in (0, 1) else f"{share:.0%}"
            strip.paint(label, partial(runner.stylize, recipe, content), shown)
    strip.write(output, columns=steps, labels=labels, force=force)
