"""``styler benchmark``: how long painting takes on this machine, and how much memory."""

from __future__ import annotations

from dataclasses import asdict
from itertools import product
from json import dumps

import click

from styler.cli.output.columns import aligned
from styler.cli.settings import options
from styler.controls import CONTROLS, Controls, Size
from styler.jobs import PAINTED

HEAD = ("photo", "engine", "threads", "decode", "stylize", "encode", "all", "per MP", "memory")


@click.command()
@click.option(
    "--size",
    multiple=True,
    default=("0.25MP", "4MP", "24MP"),
    callback=lambda ctx, parameter, values: [
        options.taken(CONTROLS["size"])(ctx, parameter, value) for value in values
    ],
    metavar="PIXELS|MP",
    help="Long side or area of the photo; several are measured one after the other.  "
    "[default: 0.25MP, 4MP and 24MP]",
)
@click.option(
    "--engine",
    type=click.Choice(["onnxruntime", "torch"]),
    multiple=True,
    default=("onnxruntime",),
    help="What runs the network; torch needs the [train] install.  [default: onnxruntime]",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    multiple=True,
    help="Threads of the engine.  [default: the CPUs this process may use]",
)
@click.option(
    "--format",
    type=click.Choice(PAINTED),
    default="jpeg",
    show_default=True,
    help="Of the painting.",
)
@options.option(CONTROLS["canvas"])
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Paintings, besides a first one, of which medians are shown.",
)
@options.model
@click.option("--json", is_flag=True, help="One JSON line for each case.")
def benchmark(
    size: list[Size],
    engine: tuple[str, ...],
    threads: tuple[int, ...],
    format: str,
    canvas: int,
    repeats: int,
    model: str,
    json: bool,
) -> None:
    """Measure painting: seconds of each step, and the memory of the whole process.

    Photos are drawn by code, decoded from JPEG, painted and encoded, for every size with every
    engine and number of threads, each in a process of its own.

    \b
    styler benchmark --size 0.25MP --threads 1 --repeats 1
    styler benchmark --size 512 --format png --repeats 1 --json
    """
    from styler.jobs.benchmark import Case, benchmark

    cases = [
        Case(pixels, runner, count, model, format, repeats, Controls(canvas=canvas))  # type: ignore[arg-type]
        for pixels, runner, count in product(size, engine, threads or (None,))
    ]
    rows: list[tuple[str, ...]] = [HEAD]
    for one in benchmark(cases):
        if json:
            click.echo(dumps(asdict(one)))
            continue
        seconds = (one.decode, one.stylize, one.encode, one.seconds, one.per_megapixel)
        rows.append(
            (
                f"{one.width}x{one.height}",
                one.engine,
                str(one.threads),
                *(f"{value:.2f} s" for value in seconds),
                f"{one.peak / 2**20:.0f} MiB",
            )
        )
    if not json:
        click.echo(aligned(rows, names=2))
