"""``styler compare``: a photo and its painting side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from styler.cli.settings import idle, options
from styler.cli.settings.network import Network
from styler.controls import Controls
from styler.jobs import Runner, Saving, check_output


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
    mask: tuple[Path, ...],
    only: Path | None,
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
    content = imaging.read(photo, max_pixels=max_pixels)
    content = content.resized(controls.fit(content.width, content.height))
    recipe = options.recipe(style, replace(controls, size=None), network, mask, only)
    idle.tell(recipe.styles, controls, quiet=False)
    painted = Runner(network.open, max_pixels=max_pixels).stylize(recipe, content)
    tiles = [(photo.name, content), (recipe.tag, painted)]
    columns = 1 if content.width > 2 * content.height else 2
    Saving(force=force).write(imaging.grid(tiles, columns=columns, labels=labels), output)
