"""``styler video``: paint a clip."""

from __future__ import annotations

import json as js
from dataclasses import asdict
from pathlib import Path

import click

from styler.cli.output.frames import Frames
from styler.cli.settings import options
from styler.cli.settings.network import Network
from styler.controls import Controls
from styler.jobs import Runner


@click.command()
@click.argument("clip", type=click.Path(path_type=Path))
@options.style
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Clip to write: mp4, m4v, mov, mkv or webm, or a moving gif, webp, png or avif.",
)
@options.preview
@options.crf
@options.controls
@options.masks
@options.max_pixels
@options.network
@options.force
@click.option("--json", is_flag=True, help="One JSON line on stdout of what came of it.")
@options.quiet
def video(
    clip: Path,
    style: tuple[str, ...],
    output: Path,
    preview: float | None,
    crf: int | None,
    controls: Controls,
    mask: tuple[Path, ...],
    only: Path | None,
    max_pixels: int,
    network: Network,
    force: bool,
    json: bool,
    quiet: bool,
) -> None:
    """Paint a clip so that it does not flicker.

    Sound, subtitles, chapters, times and colour tags stay as they are; frames come out upright. A
    shot is painted by statistics that change slowly along it, and its strokes move with the scene.

    What is painted is kept beside the output until all is: the same command goes on where one that
    was interrupted or killed has stopped. HDR is refused.

    It needs `pip install "styler[video]"`.

    \b
    styler video clip.mp4 --style NAME -o painted.mp4
    styler video clip.mp4 --style NAME -o look.mp4 --preview 3
    styler video clip.mp4 --style NAME -o painted.webp --size 480
    """
    recipe = options.recipe(style, controls, network, mask, only, quiet=quiet)
    runner = Runner(network.open, max_pixels=max_pixels)
    runner.prepare(recipe)
    with Frames(quiet=quiet) as frames:
        painted = runner.film(
            recipe, clip, output, preview=preview, crf=crf, force=force, told=frames.tell
        )
    if json:
        click.echo(js.dumps(asdict(painted)))
    if not quiet:
        for note in painted.notes:
            click.echo(f"warning: {clip}: {note}", err=True)
        click.echo(
            f"{clip} -> {painted.output}  {painted.width}x{painted.height}  {painted.frames} "
            f"frames, {painted.seconds:.2f} s  painted in {painted.took:.1f} s",
            err=True,
        )
