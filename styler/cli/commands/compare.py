"""``styler compare``: a photo and its painting side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from styler.cli.output.tiles import Tiles, check_picture, photo_of
from styler.cli.settings import options
from styler.cli.settings.network import Network
from styler.controls import Controls
from styler.jobs import Runner


@click.command()
@options.photo
@options.style
@options.picture
@options.labels
@options.controls
@options.masks
@options.max_pixels
@options.network
@options.force
@options.quiet
def compare(
    photo: Path,
    style: tuple[str, ...],
    output: Path,
    labels: bool,
    controls: Controls,
    mask: tuple[Path, ...],
    only: Path | None,
    max_pixels: int,
    network: Network,
    force: bool,
    quiet: bool,
) -> None:
    """Show a photo and its painting side by side, or one over the other where it is wide.

    \b
    styler compare photo.jpg --style NAME -o compared.png
    styler compare photo.jpg --style NAME=2 --style OTHER=1 -o compared.png --size 800
    """
    check_picture(output, force)
    content = photo_of(photo, max_pixels)
    content = content.resized(controls.fit(content.width, content.height))
    unsized = replace(controls, size=None)
    recipe = options.recipe(style, unsized, network, mask, only, quiet=quiet)
    runner = Runner(network.open, max_pixels=max_pixels)
    with Tiles(photo, content, 1, quiet=quiet) as both:
        both.tiles.append((photo.name, content))
        both.paint(recipe.tag, lambda: runner.stylize(recipe, content))
    columns = 1 if content.width > 2 * content.height else 2
    both.write(output, columns=columns, labels=labels, force=force)
