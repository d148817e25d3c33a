"""``styler jobs``: pictures queued now and painted later, by any number of workers."""

from __future__ import annotations

import signal
import time
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from styler.cli import hush
from styler.cli.output.columns import aligned
from styler.cli.settings import options
from styler.cli.settings.network import Network
from styler.controls import Controls
from styler.jobs import STATES, Outcome, Saving, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from styler.jobs.queue import Entry, Queue, Status


@click.group()
def jobs() -> None:
    """Queue pictures, and paint them later, by any number of workers.

    The queue outlives every process. What a worker that is killed was at, another takes up.

    \b
    styler jobs add holidays/ --style NAME -o painted/
    styler jobs run --workers 2
    styler jobs list
    """


several = click.argument("ids", nargs=-1, required=True, metavar="ID...")


def opened(where: str | None) -> Queue:
    """The queue that is named, or the user's own."""
    from styler.jobs.queue import Queue

    return Queue.open(where or options.own_queue())


@jobs.command()
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO...")
@options.style
@click.option("--output", "-o", metavar="FILE|FOLDER", help=options.OUTPUT)
@click.option("--name", metavar="PATTERN", help=options.NAME)
@options.controls
@options.masks
@options.saving
@options.page
@options.preview
@options.crf
@options.model
@click.option("--repaint", is_flag=True, help="Paint what styler has painted, too.")
@options.queue
@options.quiet
def add(
    photos: tuple[str, ...],
    style: tuple[str, ...],
    output: str | None,
    name: str | None,
    controls: Controls,
    mask: tuple[Path, ...],
    only: Path | None,
    saving: Saving,
    page: int | None,
    preview: float | None,
    crf: int | None,
    model: str,
    repaint: bool,
    queue: str | None,
    quiet: bool,
) -> None:
    """Queue a job: photos and clips to paint in a style. Prints its id.

    PHOTO and options are those of `styler stylize` and, of a clip, of `styler video`. Paintings
    and masks are kept with the job; photos are read where they are when their turn comes, and
    refused if they have changed. The same job has the same id: to add it again queues only what
    failed or is gone.

    \b
    styler jobs add photo.jpg --style NAME -o painted.jpg
    styler jobs add holidays/ --style painting.jpg --strength 0.7 -o painted/
    styler jobs add clip.mp4 --style NAME -o painted.mp4
    """
    from styler.jobs.clips import check
    from styler.jobs.queue import contents, held

    network = Network(model, "auto", None)
    recipe = options.recipe(style, controls, network, mask, only, quiet=quiet)
    job = held(
        plan(
            recipe,
            photos,
            output,
            saving,
            page=page,
            preview=preview,
            crf=crf,
            clips=True,
            repaint=repaint,
            name=name,
        )
    )
    check(job)
    found = opened(queue)
    id = found.add(job, contents(job))
    if not quiet:
        waiting = found.status(id).counts["queued"]
        click.echo(f"{waiting} queued; `styler jobs run` paints", err=True)
    click.echo(id)


@jobs.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@options.queue
@click.option("--json", is_flag=True, help="One JSON line per job.")
def list_(state: str | None, queue: str | None, json: bool) -> None:
    """List the jobs, the latest last.

    \b
    styler jobs list
    styler jobs list --state failed --json
    """
    found = [s for s in opened(queue).statuses() if state in (None, s.state)]
    if json:
        for status in found:
            click.echo(dumps(status.plain()))
    elif found:
        click.echo(aligned([_line(status) for status in found], names=3))


@jobs.command()
@click.argument("job", metavar="ID")
@options.queue
@click.option("--log", is_flag=True, help="Tell all that happened to it.")
@click.option("--json", is_flag=True, help="Print JSON: the job, then a line per picture or event.")
def show(job: str, queue: str | None, log: bool, json: bool) -> None:
    """Show a job and each of its pictures. ID may be its beginning.

    \b
    styler jobs show ID
    styler jobs show ID --log
    """
    found = opened(queue)
    id = found.find(job)
    status = found.status(id)
    if json:
        click.echo(dumps(status.plain()))
        told = map(asdict, found.log(id)) if log else (e.plain() for e in found.entries(id))
        for line in told:
            click.echo(dumps(line))
        return
    click.echo(f"{id}  {status.state}, {_counted(status)}, added {_clock(status.created)}")
    if log:
        lines: list[tuple[str, ...]] = [
            (_clock(e.at), "" if e.number is None else str(e.number), e.event, e.worker or "",
             e.detail or "")
            for e in found.log(id)
        ]  # fmt: skip
    else:
        lines = [_picture(entry) for entry in found.entries(id)]
    click.echo(aligned(lines, names=5))


@jobs.command()
@several
@options.queue
def retry(ids: tuple[str, ...], queue: str | None) -> None:
    """Queue again what failed or was cancelled.

    \b
    styler jobs retry ID
    """
    _change(ids, queue, lambda found, id: f"{found.retry(id)} queued again")


@jobs.command()
@several
@options.queue
def cancel(ids: tuple[str, ...], queue: str | None) -> None:
    """Cancel what is not painted yet. What is painted at this moment is given up.

    \b
    styler jobs cancel ID
    """
    from styler.jobs.clips import sweep

    def cancelled(found: Queue, id: str) -> str:
        done = f"{found.cancel(id)} cancelled"
        for entry in found.entries(id):
            if entry.state == "cancelled":
                sweep(id, entry)
        return done

    _change(ids, queue, cancelled)


@jobs.command()
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    help="Processes; each holds its own copy of the network.  [default: 1, on a cluster as many as "
    "it has room for]",
)
@click.option(
    "--on",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Where they are: on this machine, or on those of a Ray cluster (needs the [ray] install).",
)
@click.option(
    "--ray-address",
    envvar="RAY_ADDRESS",
    metavar="HOST:PORT",
    help="The cluster, with --on ray.  [default: one of this machine alone, for the time]",
)
@click.option("--watch", is_flag=True, help="Go on with what comes into the queue.")
@click.option(
    "--lease",
    type=click.FloatRange(1, 86_400),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Without a sign of life for so long a worker's picture is another's.",
)
@options.engine
@options.threads
@options.max_pixels
@options.max_memory
@options.queue
@click.option("--json", is_flag=True, help="One JSON line per picture on stdout.")
@options.quiet
def run(
    workers: int | None,
    on: str,
    ray_address: str | None,
    watch: bool,
    lease: float,
    engine: str,
    threads: int | None,
    max_pixels: int,
    max_memory: int | None,
    queue: str | None,
    json: bool,
    quiet: bool,
) -> int:
    """Paint what is queued, until nothing is left.

    Several workers begin a picture only when there is memory for it beside those that the others
    paint. Run as often as wanted, on any machine that sees the queue and the files. On a Ray
    cluster the others see neither: pictures are sent to them, and --max-memory is of each worker.

    \b
    styler jobs run
    styler jobs run --workers 2
    styler jobs run --on ray --ray-address 10.0.0.1:6379
    styler jobs run --watch --queue postgresql://user:password@host/database
    """
    from styler.jobs import cluster
    from styler.jobs import workers as here

    where, start = queue or str(options.own_queue()), time.time()
    found = opened(where)
    crew = here.Crew(
        where,
        workers or (0 if on == "ray" else 1),
        engine,  # type: ignore[arg-type]
        threads,
        lease,
        watch,
        max_pixels,
        max_memory,
        tell=_Teller(json, quiet),
        prepare=hush,
    )
    asked = cluster.run(crew, ray_address) if on == "ray" else here.run(crew)
    ended = found.ended(start)
    said = ", ".join(f"{count} {state}" for state, count in sorted(ended.items()))
    if not quiet:
        click.echo(said or "nothing to do", err=True)
    if asked is signal.SIGINT:
        raise click.Abort
    return 1 if ended.get("failed") else 0


@dataclass(frozen=True)
class _Teller:
    """Says in a worker's process what came of a picture."""

    json: bool
    quiet: bool

    def __call__(self, outcome: Outcome) -> None:
        if self.json:
            click.echo(dumps(outcome.plain()))
        if outcome.status == "failed" or not (self.quiet or self.json):
            click.echo(str(outcome), err=True)
        if outcome.warning and not self.quiet:
            click.echo(f"warning: {outcome.warning}", err=True)


def _change(ids: Iterable[str], queue: str | None, change: Callable[[Queue, str], str]) -> None:
    """Change each job, once all are known, and say what came of it."""
    found = opened(queue)
    for id in [found.find(id) for id in ids]:
        click.echo(f"{id}  {change(found, id)}", err=True)


def _line(status: Status) -> tuple[str, ...]:
    return status.id, status.state, _clock(status.created), _counted(status)


def _counted(status: Status) -> str:
    return f"{status.counts['done']} of {status.total} done"


def _picture(entry: Entry) -> tuple[str, ...]:
    size = "{width}x{height}".format(**entry.facts) if "width" in entry.facts else ""
    if entry.state == "running" and entry.progress:
        size = f"{entry.progress:.0%}"
    error = "" if entry.error is None else entry.error
    return str(entry.number), entry.state, f"{entry.source} -> {entry.output}", size, error


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
