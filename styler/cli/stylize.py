"""``styler stylize``: paint photos."""

from __future__ import annotations

import sys
from typing import Any

import click

from styler.cli import jobs, options
from styler.cli.batch import Saving, paint_all
from styler.cli.options import Size
from styler.cli.paint import Painter, resolve, tag, weighted
from styler.cli.report import Report
from styler.errors import InputError, OutputError


@click.command()
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options.style
@click.option(
    "--output",
    "-o",
    metavar="FILE|FOLDER|-",
    help="Where to: a file, a folder, or - for stdout.  [default: PHOTO.STYLE.EXT beside it]",
)
@options.strength
@options.size
@options.style_size
@options.format_
@options.quality
@options.force
@options.network
@click.option("--json", "json_lines", is_flag=True, help="One JSON line per picture on stdout.")
@options.quiet
def stylize(
    photos: tuple[str, ...],
    styles: tuple[str, ...],
    output: str | None,
    strength: float,
    size: Size | None,
    style_size: int,
    format: str | None,
    quality: int | None,
    force: bool,
    model: str,
    engine: Any,
    threads: int | None,
    json_lines: bool,
    quiet: bool,
) -> int:
    """Paint one photo or many in a style.

    PHOTO is a file, a folder (searched recursively and mirrored under -o), a quoted glob, or -
    for standard input. The result has the photo's own size. Pictures of a folder that are
    painted already are skipped, so an interrupted job goes on where it stopped.

    \b
    styler stylize photo.jpg --style NAME
    styler stylize photo.jpg --style painting.jpg --strength 0.7 -o painted.png
    styler stylize photo.jpg --style NAME=0.7 --style OTHER=0.3
    styler stylize holidays/ --style NAME -o painted/
    cat photo.jpg | styler stylize - --style NAME > painted.jpg
    """
    plan = jobs.plan(photos, output, tag=tag(styles), format=format)
    if not plan.jobs:
        raise InputError(f"{', '.join(photos)}: no pictures there")
    to_stdout = any(job.output is None for job in plan.jobs)
    if to_stdout and json_lines:
        raise InputError("--json and the picture cannot both go to stdout; use -o FILE")
    if to_stdout and sys.stdout.isatty():
        raise InputError("-: a picture does not go to a terminal; use -o FILE or a pipe")
    if not plan.many and not force and (out := plan.jobs[0].output) and out.exists():
        raise OutputError(f"{out}: exists; choose another -o, or overwrite it with --force")

    from styler import Stylizer

    stylizer = Stylizer(model, engine=engine, threads=threads)
    mixture = [
        (resolve(stylizer, name, style_size), weight) for name, weight in map(weighted, styles)
    ]
    painter = Painter(stylizer, mixture, strength, size)
    saving = Saving(format, quality, force)
    with Report(len(plan.jobs), json_lines=json_lines, quiet=quiet) as report:
        paint_all(plan, painter, saving, report)
    return 1 if report.failures else 0
