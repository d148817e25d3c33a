"""``styler compare``: a photo and its painting side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from styler.cli import options
from styler.cli.canvas import grid
from styler.cli.masks import Masks
from styler.cli.paint import Network, Painter, mixture, shrink, tag
from styler.cli.saving import Saving, check_output
from styler.controls import Controls


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
def compare(
    photo: Path,
    style: tuple[str, ...],
    output: Path,
    labels: bool,
    controls: Controls,
    masks: Masks,
    max_pixels: int,
    network: Network,
    force: bool,
) -> None:
    """Show a photo and its painting side by side, or one over the other where it is wide.

    \b
    styler compare photo.jpg --style NAME -o compared.png
    styler compare photo.jpg --style NAME=2 --style OTHER=1 -o compared.png --size 800
    """
    from styler import imaging

    check_output(output, force)
    Saving().check([output])
    where = masks.read(len(style), max_pixels)
    content = imaging.read(photo, max_pixels=max_pixels)
    if controls.size is not None:
        content = shrink(content, controls.size)
    stylizer = network.open()
    styles = mixture(stylizer, style, controls.style_size)
    painted = Painter(stylizer, styles, replace(controls, size=None), where)(content)
    tiles = [(photo.name, content), (tag(style), painted)]
    columns = 1 if content.width > 2 * content.height else 2
    imaging.write(grid(tiles, columns=columns, labels=labels), output, force=force)
