"""``styler stylize``: paint photos."""

from __future__ import annotations

import sys

import click

from styler.cli.output.report import Report
from styler.cli.settings import options
from styler.controls import Controls
from styler.errors import InputError
from styler.jobs import plan as jobs
from styler.jobs.estimate import estimate
from styler.jobs.masks import Masks
from styler.jobs.output import Saving, check_output
from styler.jobs.painter import Network, Painter, mixture, tag
from styler.jobs.runner import Batch, watch_folder


@click.command()
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options.style
@click.option(
    "--output",
    "-o",
    metavar="FILE|FOLDER|-",
    help="Where to: a file, a folder, or - for stdout.  [default: PHOTO.STYLE.EXT beside it]",
)
@options.controls
@options.masks
@options.saving
@options.max_pixels
@options.network
@click.option("--dry-run", is_flag=True, help="Say what would be painted, and how long it takes.")
@click.option("--watch", is_flag=True, help="Go on painting what comes into a folder.")
@click.option("--json", is_flag=True, help="One JSON line per picture on stdout.")
@options.quiet
def stylize(
    photos: tuple[str, ...],
    style: tuple[str, ...],
    output: str | None,
    controls: Controls,
    masks: Masks,
    saving: Saving,
    max_pixels: int,
    network: Network,
    dry_run: bool,
    watch: bool,
    json: bool,
    quiet: bool,
) -> int:
    """Paint one photo or many in a style.

    PHOTO is a file, a folder (searched recursively and mirrored under -o), a quoted glob (mirrored,
    too), or - for standard input. The result has the photo's own size unless --size shrinks it.

    Masks are grey pictures, stretched to the photo. Each style is fitted to its own part of the
    photo; parts of the same style count as one. What no mask covers stays as it is.

    What a folder's job has painted is recorded in the output folder, in .styler.jsonl: the same
    command paints only what is missing, so an interrupted job goes on where it stopped. Pictures
    painted with other settings are in its way unless --force replaces them.

    \b
    styler stylize photo.jpg --style NAME
    styler stylize photo.jpg --style painting.jpg --strength 0.7 -o painted.png
    styler stylize photo.jpg --style NAME=0.7 --style OTHER=0.3
    styler stylize photo.jpg --style NAME --keep-colours luminance -o same-colours.png
    styler stylize photo.jpg --style NAME --mask sky.png --style OTHER --mask land.png -o two.png
    styler stylize photo.jpg --style NAME --only sky.png -o sky-only.png
    styler stylize holidays/ --style NAME -o painted/
    styler stylize "holidays/**/*.jpg" --style NAME -o painted/ --size 2MP
    styler stylize inbox/ --style NAME -o painted/ --watch
    cat photo.jpg | styler stylize - --style NAME > painted.jpg
    """

    def plan() -> jobs.Plan:
        return jobs.plan(photos, output, tag=tag(style), format=saving.format)

    first = plan()
    _check(first, photos, saving, json=json, dry_run=dry_run, watch=watch)
    where = masks.read(len(style), max_pixels)

    stylizer = network.open()
    styles = mixture(stylizer, style, controls.style_size)
    painter = Painter(stylizer, styles, controls, where)
    report = Report(None if watch else len(first.jobs), json_lines=json, quiet=quiet)
    batch = Batch(painter, saving, report, max_pixels=max_pixels)
    if dry_run:
        estimate(first, batch, json_lines=json)
        return 0
    with report:
        if watch:
            for _ in watch_folder(plan, batch):
                pass
        batch.run(first)
    return 1 if report.failures else 0


def _check(
    plan: jobs.Plan,
    photos: tuple[str, ...],
    saving: Saving,
    *,
    json: bool,
    dry_run: bool,
    watch: bool,
) -> None:
    """Refuse what cannot work before the network is loaded."""
    if watch and plan.folder is None:
        raise InputError("--watch takes a folder of photos and -o FOLDER")
    if not plan.jobs and not watch:
        raise InputError(f"{', '.join(photos)}: no pictures there")
    from_stdin = any(job.source is None for job in plan.jobs)
    if from_stdin and not dry_run and (sys.stdin is None or sys.stdin.isatty()):
        raise InputError("-: there is no picture on standard input; pipe one in")
    to_stdout = any(job.output is None for job in plan.jobs)
    if to_stdout and json and not dry_run:
        raise InputError("--json and the picture cannot both go to stdout; use -o FILE")
    if to_stdout and sys.stdout.isatty() and not dry_run:
        raise InputError("-: a picture does not go to a terminal; use -o FILE or a pipe")
    saving.check(job.output for job in plan.jobs)
    single = None if plan.many or not plan.jobs else plan.jobs[0].output
    if single is not None:
        check_output(single, saving.force)
