"""``styler compare``: a photo and its painting side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from styler.cli.settings import options
from styler.controls import Controls
from styler.jobs.masks import Masks
from styler.jobs.output import Saving, check_output
from styler.jobs.painter import Network, Painter, mixture, tag


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
    content = content.resized(controls.fit(content.width, content.height))
    stylizer = network.open()
    styles = mixture(stylizer, style, controls.style_size)
    painted = Painter(stylizer, styles, replace(controls, size=None), where)(content)
    tiles = [(photo.name, content), (tag(style), painted)]
    columns = 1 if content.width > 2 * content.height else 2
    imaging.write(imaging.grid(tiles, columns=columns, labels=labels), output, force=force)
