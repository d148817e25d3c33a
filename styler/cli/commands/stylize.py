"""``styler stylize``: paint photos."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from styler import jobs
from styler.cli.output.report import Report, tell_estimates
from styler.cli.settings import idle, options
from styler.cli.settings.network import Network
from styler.controls import Controls
from styler.errors import InputError, StorageError
from styler.jobs import PIPE, Job, Outcome, Runner, Saving, check_output, estimate, plan


@click.command()
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options.style
@click.option(
    "--output",
    "-o",
    metavar="FILE|FOLDER|-",
    help="Where to: a file, a folder, or - for stdout.  [default: PHOTO.STYLE.EXT beside it]",
)
@click.option("--name", metavar="PATTERN", help=options.NAME)
@options.controls
@options.masks
@options.saving
@options.page
@options.max_pixels
@options.max_memory
@options.network
@click.option("--dry-run", is_flag=True, help="Say what would be painted, and how long it takes.")
@click.option("--watch", is_flag=True, help="Go on painting what comes into a folder.")
@click.option("--repaint", is_flag=True, help="Paint what styler has painted, too.")
@click.option("--json", is_flag=True, help="One JSON line per picture on stdout.")
@options.quiet
def stylize(
    photos: tuple[str, ...],
    style: tuple[str, ...],
    output: str | None,
    name: str | None,
    controls: Controls,
    mask: tuple[Path, ...],
    only: Path | None,
    saving: Saving,
    page: int | None,
    max_pixels: int,
    max_memory: int | None,
    network: Network,
    dry_run: bool,
    watch: bool,
    repaint: bool,
    json: bool,
    quiet: bool,
) -> int:
    """Paint one photo or many in a style.

    PHOTO is a file, a folder (searched recursively and mirrored under -o), a quoted glob (mirrored,
    too), or - for standard input. The result has the photo's own size unless --size shrinks it.

    Masks are grey pictures, stretched to the photo. Each style is fitted to its own part of the
    photo; parts of the same style count as one. What no mask covers stays as it is.

    All frames of a moving GIF, WebP, PNG or AVIF are painted by the same statistics, and move in
    the result where its format does. Of a TIFF the first page is painted, or that of --page.

    What is painted is recorded beside it, in .styler.jsonl. Of several photos those that styler
    itself has painted are left out, unless --repaint is given. The same command with a folder
    paints only what is missing, so an interrupted job goes on where it stopped; pictures painted
    with other settings are in its way unless --force replaces them.

    \b
    styler stylize photo.jpg --style NAME
    styler stylize photo.jpg --style painting.jpg --strength 0.7 -o painted.png
    styler stylize photo.jpg --style NAME=0.7 --style OTHER=0.3
    styler stylize photo.jpg --style NAME --keep-colours luminance -o same-colours.png
    styler stylize photo.jpg --style NAME --mask sky.png --style OTHER --mask land.png -o two.png
    styler stylize photo.jpg --style NAME --only sky.png -o sky-only.png
    styler stylize holidays/ --style NAME -o painted/
    styler stylize holidays/ --style NAME -o painted/ --name "{stem}-{style}{ext}"
    styler stylize "holidays/**/*.jpg" --style NAME -o painted/ --size 2MP
    styler stylize inbox/ --style NAME -o painted/ --watch
    cat photo.jpg | styler stylize - --style NAME > painted.jpg
    """

    if [*photos, *style, *map(str, mask), str(only)].count(PIPE) > 1:
        raise InputError("-: standard input is one picture; name it once")
    recipe = options.recipe(style, controls, network, mask, only, quiet=quiet)

    def look() -> Job:
        return plan(recipe, photos, output, saving, page=page, repaint=repaint, name=name)

    job = look()
    named = output is not None or PIPE in photos
    if idle.typed("name") and job.folder is None and named:
        raise InputError(f"-o {output or PIPE} leaves nothing to --name; give a folder there")
    _check(job, photos, json=json, dry_run=dry_run, watch=watch)
    idle.tell_saving(saving, (task.output for task in job.tasks), quiet=quiet)
    stdin = sys.stdin.buffer if sys.stdin else b""
    runner = Runner(network.open, max_pixels=max_pixels, max_memory=max_memory, stdin=stdin)
    runner.prepare(recipe)
    if dry_run:
        tell_estimates(estimate(job, runner), json_lines=json)
        return 0
    if job.left_out and not (quiet or watch):
        count = len(job.left_out)
        click.echo(f"{count} left out: painted by styler; --repaint paints them, too", err=True)
    with Report(None if watch else len(job.tasks), json_lines=json, quiet=quiet) as report:
        outcomes = filter(None, jobs.watch(look, runner)) if watch else runner.run(job)
        for outcome in outcomes:
            if outcome.cause and (not job.many or isinstance(outcome.cause, StorageError)):
                report.tell_programs(outcome)
                raise outcome.cause
            _hand_over(outcome)
            report.add(outcome)
    return 1 if report.failures else 0


def _hand_over(outcome: Outcome) -> None:
    if outcome.data is not None:
        sys.stdout.buffer.write(outcome.data)
        sys.stdout.buffer.flush()


def _check(
    job: Job,
    photos: tuple[str, ...],
    *,
    json: bool,
    dry_run: bool,
    watch: bool,
) -> None:
    """Refuse what cannot work before the network is loaded."""
    if watch and dry_run:
        raise InputError("--dry-run and --watch do not go together; leave one out")
    if watch and job.folder is None:
        raise InputError("--watch takes a folder of photos and -o FOLDER")
    if not job.tasks and not watch:
        if job.left_out:
            what = f"only what styler has painted, {len(job.left_out)} in all; --repaint paints it"
        else:
            what = "no pictures there"
        raise InputError(f"{', '.join(photos)}: {what}")
    from_stdin = any(task.source is None for task in job.tasks)
    if from_stdin and not dry_run and (sys.stdin is None or sys.stdin.isatty()):
        raise InputError("-: there is no picture on standard input; pipe one in")
    to_stdout = any(task.output is None for task in job.tasks)
    if to_stdout and json and not dry_run:
        raise InputError("--json and the picture cannot both go to stdout; use -o FILE")
    if to_stdout and sys.stdout is None:
        raise InputError("-: standard output is closed; use -o FILE or a pipe")
    if to_stdout and sys.stdout.isatty() and not dry_run:
        raise InputError("-: a picture does not go to a terminal; use -o FILE or a pipe")
    job.saving.check(task.output for task in job.tasks)
    single = None if job.many or not job.tasks else job.tasks[0].output
    if single is not None:
        check_output(single, job.saving.force)
