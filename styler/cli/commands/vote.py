"""``styler vote``: which of several painters people prefer, asked blindly."""

from __future__ import annotations

from json import dumps, loads
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from styler.cli.output.columns import aligned
from styler.cli.output.tiles import shrink
from styler.cli.settings import options, pictures
from styler.controls import Size
from styler.errors import InputError, OutputError, ParameterError

if TYPE_CHECKING:
    from styler.evaluation.votes import Standing
    from styler.imaging import Picture


@click.group()
def vote() -> None:
    """Ask people which painter they prefer, without telling them who painted what.

    A viewer looks at every sheet and writes, best first and without ties, such as
    {"00": {"PAINT": "BAC", "HANG": "ABC"}, "01": ...}: by sheet and question the letters. Questions
    are free; docs/evaluation.md has three that have served.

    \b
    styler vote sheets photos/ paintings/ mine/ other/ -o sheets/
    styler vote count sheets-key.json votes.json
    """


@vote.command()
@click.argument("photos", type=click.Path(path_type=Path))
@click.argument("paintings", type=click.Path(path_type=Path))
@click.argument("painters", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the sheets, 00.png and so on: a new or an empty one.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for what the letters stand for; not where viewers see it.  "
    "[default: OUTPUT-key.json beside the folder]",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=25,
    show_default=True,
    help="Make at most so many sheets, of as many pictures as there can be.",
)
@click.option(
    "--skip",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Leave out so many pairs first: to choose on some pairs and to report on others.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Other orders of letters for another number.",
)
@options.tile_of(512)
def sheets(
    photos: Path,
    paintings: Path,
    painters: tuple[Path, ...],
    output: Path,
    key: Path | None,
    pairs: int,
    skip: int,
    seed: int,
    tile: int,
) -> None:
    """Make sheets of what several painters made of the same pairs, shuffled under letters.

    PAINTERS are folders of pictures PHOTO__PAINTING.png (or .webp ...); pairs that all of
    them have are taken. A sheet shows the photo, the painting, and the painters' pictures as A, B,
    C in an order of its own. Who is who stands in the key, which is not for viewers.

    \b
    styler vote sheets photos/ paintings/ mine/ other/ -o sheets/
    styler vote sheets photos/ paintings/ mine/ other/ -o more/ --pairs 12 --seed 7 --key key.json
    """
    from styler import imaging
    from styler.evaluation.choice import diagonals
    from styler.evaluation.votes import shuffled
    from styler.files import write_bytes

    key = key or output.parent / f"{output.resolve().name}-key.json"
    _check(output, key)
    sources, styles = pictures.named(photos), pictures.named(paintings)
    every = diagonals(list(sources), list(styles))
    made = {folder.resolve().name: pictures.painted(folder, every) for folder in painters}
    if len(made) < len(painters):
        raise ParameterError("two folders of painters share a name; rename one")
    common = [pair for pair in every if all(pair in files for files in made.values())]
    chosen = common[skip : skip + pairs]
    if not chosen:
        raise InputError(
            f"{', '.join(made)}: have {len(common)} pairs in common, of which {skip} are skipped"
        )
    shown = shuffled(chosen, list(made), seed)

    output.mkdir(parents=True, exist_ok=True)
    for number, one in shown.sheets.items():
        photo = _tile(sources[one.photo], tile)
        tiles = [("photo", photo), ("painting", _tile(styles[one.painting], tile))]
        for letter, painter in one.painters.items():
            painted = pictures.opaque(made[painter][one.photo, one.painting])
            # All at the photo's size, or a painter would be known by its own.
            tiles.append((letter, painted.resized((photo.width, photo.height))))
        columns = ceil(sqrt(len(tiles)))
        imaging.write(imaging.grid(tiles, columns=columns), output / f"{number}.png")
    write_bytes(f"{dumps(shown.plain(), indent=1)}\n".encode(), key)
    click.echo(f"{len(chosen)} sheets in {output}, what the letters stand for in {key}")


@vote.command()
@click.argument("key", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("votes", type=click.Path(path_type=Path, dir_okay=False), nargs=-1, required=True)
@click.option("--json", is_flag=True, help="Print JSON.")
def count(key: Path, votes: tuple[Path, ...], json: bool) -> None:
    """Count what viewers voted, a file of votes each.

    Prints, for every question, the painters by their mean rank, 1 being the best, and how often
    each was put before each other.

    \b
    styler vote count sheets-key.json votes.json
    styler vote count sheets-key.json votes.json more.json --json
    """
    from styler.evaluation.votes import Key

    known = Key.of(_json(key), str(key))
    standings = known.count({str(path): _json(path) for path in votes})
    if json:
        click.echo(dumps({name: _plain(one) for name, one in standings.items()}, indent=1))
    else:
        click.echo("\n\n".join(_table(name, one) for name, one in standings.items()))


def _check(output: Path, key: Path) -> None:
    """Raise before any work where sheets or key cannot be, or should not be, written."""
    if output.resolve() in key.resolve().parents:
        raise ParameterError(f"{key}: is in the folder of the sheets, where viewers see it")
    if output.is_dir() and any(output.iterdir()):
        raise OutputError(f"{output}: is not empty; name a new folder, for this vote alone")
    if key.exists():
        raise OutputError(f"{key}: exists, and a vote cannot be counted without; name another")
    if not key.absolute().parent.is_dir():
        raise OutputError(f"{key}: there is no such folder; make it first")


def _tile(path: Path, side: int) -> Picture:
    return shrink(pictures.opaque(path), Size(long_side=side))


def _json(path: Path) -> Any:
    try:
        return loads(path.read_bytes())
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except ValueError:
        raise InputError(f"{path}: is not JSON") from None


def _table(question: str, standing: Standing) -> str:
    ranked = standing.ranked()
    lines = [[question, "rank", *(f"before {other}" for other, _ in ranked)]]
    for painter, rank in ranked:
        won = (
            "-" if other == painter else f"{standing.before[painter, other]} of {standing.votes}"
            for other, _ in ranked
        )
        lines.append([painter, f"{rank:.2f}", *won])
    return aligned(lines)


def _plain(standing: Standing) -> dict[str, Any]:
    return {
        painter: {
            "votes": standing.votes,
            "rank": rank,
            "before": {
                other: standing.before[painter, other]
                for other, _ in standing.ranked()
                if other != painter
            },
        }
        for painter, rank in standing.ranked()
    }
