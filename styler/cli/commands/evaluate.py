"""``styler evaluate``: how good a model is, measured on pairs of photos and paintings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from styler.cli.output.evaluation import Results
from styler.cli.output.progress import bar
from styler.cli.output.tiles import shrink
from styler.cli.settings import options, pictures
from styler.cli.settings.network import Network
from styler.controls import CONTROLS, STRENGTH, Size
from styler.errors import ParameterError, train_install

if TYPE_CHECKING:
    from styler.evaluation.metrics import Pixels
    from styler.evaluation.pairs import Measures, Pair, Scores
    from styler.imaging import Picture


def _strengths(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> list[float]:
    """The numbers in ``0.2,0.4,...,1``, each once."""
    found: list[float] = []
    for value in values:
        try:
            found += _expanded(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not like 0.5 or 0.2,0.4,...,1.") from None
    try:
        for strength in found:
            STRENGTH.taken(strength)
    except ParameterError as error:
        raise click.BadParameter(f"{error}.") from None
    return list(dict.fromkeys(found))


def _expanded(text: str) -> list[float]:
    numbers: list[float] = []
    parts = text.split(",")
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if part.strip() != "...":
            numbers.append(float(part))
            continue
        before, last = numbers[-2:]
        steps = (float(following) - last) / (last - before) if last != before else 0.0
        if steps <= 0:
            raise ValueError
        numbers += [round(last + n * (last - before), 6) for n in range(1, round(steps))]
    return numbers


results = options.bundle(
    Results,
    "results",
    click.option(
        "--json",
        metavar="FILE|-",
        help="Write all figures, those of each pair too, as JSON; - prints them, not the table.",
    ),
    click.option(
        "--sheet",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write a picture of all pairs, at the strength nearest to 1: photos at the left, "
        "paintings on top.",
    ),
    options.tile,
    click.option(
        "--curve",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Plot style over content distance as SVG or PNG.",
    ),
    click.option(
        "--point",
        multiple=True,
        metavar="NAME:STYLE:CONTENT",
        help="Distances of another program, for the table and the curve.",
    ),
    click.option(
        "--beside",
        type=click.Path(path_type=Path, dir_okay=False),
        multiple=True,
        help="An earlier evaluation of the same pairs, as --json wrote it, for the same.",
    ),
    options.force,
)


@click.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.argument("paintings", type=click.Path(path_type=Path))
@click.option(
    "--strength",
    multiple=True,
    metavar="X[,X...]",
    callback=_strengths,
    help="Strengths to paint at: one, several, or 0.2,0.4,...,1.  [default: 1.0]",
)
@click.option(
    "--painted",
    type=click.Path(path_type=Path, file_okay=False),
    help="Paint nothing, measure the pictures PHOTO__PAINTING.png (or .webp ...) of this folder.",
)
@click.option(
    "--size",
    metavar="PIXELS|MP",
    callback=options.taken(CONTROLS["size"]),
    help="Shrink photos and paintings first: long side in pixels, or an area such as 2MP.  "
    "[default: keep]",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    help="Measure so many pairs, of as many pictures as there can be.  [default: all]",
)
@click.option(
    "--loss-network",
    type=click.Path(path_type=Path, dir_okay=False),
    help="VGG weights (safetensors) for the distances; without it torchvision downloads its own.",
)
@results
@options.network
@options.quiet
def evaluate(
    photos: Path,
    paintings: Path,
    strength: list[float],
    painted: Path | None,
    size: Size | None,
    pairs: int | None,
    loss_network: Path | None,
    results: Results,
    network: Network,
    quiet: bool,
) -> None:
    """Measure a model: every photo of a folder in the style of every painting of another.

    Prints a table with a row for each strength: how near to the style and to the photo, whether
    all of it is painted, and how much of a lattice and of shimmer comes in between. --json has
    more. docs/evaluation.md says what each measure means. Needs the training install:
    pip install "styler[train]".

    \b
    styler evaluate photos/ paintings/
    styler evaluate photos/ paintings/ --strength 0.2,0.4,...,1 --curve curve.svg --sheet pairs.png
    styler evaluate photos/ paintings/ --painted other/ --json other.json
    styler evaluate photos/ paintings/ --beside other.json --point third:0.05:1.02 --curve both.svg
    """
    if painted is not None and strength:
        raise ParameterError("--painted is painted already; leave out --strength")
    results.check()
    sources, styles = pictures.named(photos), pictures.named(paintings)
    with train_install("evaluating"):
        from styler.evaluation.choice import diagonals
        from styler.evaluation.pairs import Evaluation, scores
        from styler.network import load_vgg

        judge = load_vgg(loss_network)

    chosen = diagonals(list(sources), list(styles))
    files: dict[tuple[str, str], Path] = {}
    if painted is not None:
        files = pictures.painted(painted, chosen)
        chosen = list(files)
    chosen = chosen[:pairs]
    used = [{*names} for names in zip(*chosen, strict=True)]
    evaluation = Evaluation(
        {name: _read(sources[name], size) for name in sorted(used[0])},
        {name: _read(styles[name], size) for name in sorted(used[1])},
        judge,
        chosen,
    )
    fingerprint = evaluation.fingerprint
    others = results.others(fingerprint)

    strengths = strength or [STRENGTH.default]
    total, shown = len(chosen) * len(strengths), min(strengths, key=lambda s: abs(s - 1))
    if painted is None:
        stylizer = network.open()
        name, sha256 = stylizer.info.name, stylizer.info.sha256
        found = evaluation.of_model(stylizer, strengths)
    else:
        name, sha256 = painted.resolve().name, None
        found = evaluation.of_pictures(lambda *pair: _read(files[pair]))
    measured: list[Pair] = []
    tiles: dict[tuple[str, str], Picture] = {}
    for pair, pixels in _told(found, total, quiet):
        measured.append(pair)
        if results.sheet is not None and pair.strength in (shown, None):
            tiles[pair.photo, pair.painting] = results.tiled(pixels)

    report = {
        "name": name,
        "sha256": sha256,
        "fingerprint": fingerprint,
        "scores": [_flat(row, row.means) for row in scores(measured)],
        "pairs": [_flat(pair, pair.measures) for pair in measured],
    }
    results.write(report, others)
    if results.sheet is not None:
        results.write_sheet(evaluation.photos, evaluation.paintings, tiles)


def _flat(one: Pair | Scores, measures: Measures) -> dict[str, Any]:
    """What was measured as JSON has it: null is what is not known, infinite or not a number."""
    values = {**vars(one), **vars(measures)}
    del values["means" if "means" in values else "measures"]
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in values.items()
    }


def _read(path: Path, size: Size | None = None) -> Pixels:
    picture = pictures.opaque(path)
    return (picture if size is None else shrink(picture, size)).rgb


def _told(
    found: Iterator[tuple[Pair, Pixels]], total: int, quiet: bool
) -> Iterator[tuple[Pair, Pixels]]:
    """What is measured, told as it comes: a bar on a terminal, a line each in a log."""
    progress = None if quiet else bar("pairs")
    with progress or nullcontext():
        task = progress.add_task("measuring", total=total, said="") if progress else None
        for done, (pair, pixels) in enumerate(found, start=1):
            at = "" if pair.strength is None else f" at {pair.strength:g}"
            said = f"{pair.photo} as {pair.painting}{at}"
            if progress and task is not None:
                progress.update(task, completed=done, said=said)
            elif not quiet:
                seen = pair.measures
                distances = f"style {seen.style:.4f}  content {seen.content:.4f}"
                click.echo(f"[{done}/{total}] {said}  {distances}", err=True)
            yield pair, pixels
