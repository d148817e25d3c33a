"""What becomes of an evaluation: a table, JSON, a sheet of the pairs, a curve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from styler.cli.output import curve
from styler.cli.output.columns import aligned
from styler.cli.output.tiles import shrink
from styler.controls import Size
from styler.errors import InputError, OutputError, ParameterError
from styler.jobs import Saving, check_output

if TYPE_CHECKING:
    from styler.evaluation.metrics import Pixels
    from styler.imaging import Picture

COLUMNS = {
    "strength": "g",
    "pairs": "d",
    "style": ".4f",
    "style_quarter": ".3f",
    "content": ".3f",
    "tile": ".2f",
    "worst_tiles": ".2f",
    "flat": ".2f",
    "identity": ".1f",
    "lattice": ".2f",
    "shift": ".2f",
}
"""Of the table, in order, and how their values are written: so many as a terminal has room for."""

HEADS = {"style_quarter": "1/4", "worst_tiles": "worst"}

Row = dict[str, Any]
"""Values of columns by name, and ``name``, whose they are."""


@dataclass(frozen=True)
class Results:
    """Where results go, and what they are compared with."""

    json: str | None = None
    sheet: Path | None = None
    tile: int = 384
    curve: Path | None = None
    point: tuple[str, ...] = ()
    beside: tuple[Path, ...] = ()
    force: bool = False

    def check(self) -> None:
        """Raise before any work where an output cannot be written, or a reference not read."""
        from styler.imaging.codecs.formats import by_path

        if self.curve is not None:
            curve.check(self.curve)
        if self.sheet is not None:
            by_path(self.sheet)
        for path in (None if self.json == "-" else self.json, self.sheet, self.curve):
            if path is not None:
                check_output(Path(path), self.force)
                if not Path(path).absolute().parent.is_dir():
                    raise OutputError(f"{path}: there is no such folder; make it first")
        for text in self.point:
            _point(text)
        for path in self.beside:
            _report(path)

    def others(self, fingerprint: str) -> list[Row]:
        """The rows of ``--point`` and ``--beside``; `fingerprint` is that of this evaluation."""
        rows = [_point(text) for text in self.point]
        for path in self.beside:
            report = _report(path)
            if report["fingerprint"] != fingerprint:
                raise InputError(
                    f"{path}: measured on other pictures or pairs, or with another loss network; "
                    "evaluate both alike"
                )
            rows += [{**row, "name": report["name"]} for row in report["scores"]]
        return rows

    def write(self, report: Mapping[str, Any], others: Sequence[Row]) -> None:
        """Print the table, or the JSON that takes its place, and write JSON and curve as files."""
        from styler.files import write_bytes

        rows = [{**row, "name": report["name"]} for row in report["scores"]] + list(others)
        text = json.dumps(report, indent=1, allow_nan=False)
        click.echo(text if self.json == "-" else table(rows))
        if self.json not in (None, "-"):
            write_bytes(f"{text}\n".encode(), str(self.json), force=self.force)
        if self.curve is not None:
            drawn = curve.draw(_curves(rows), self.curve.suffix.lower())
            write_bytes(drawn, self.curve, force=self.force)

    def tiled(self, pixels: Pixels) -> Picture:
        """A picture as small as it is on the sheet."""
        from styler.imaging import Picture

        return shrink(Picture(pixels), Size(long_side=self.tile))

    def write_sheet(
        self,
        photos: Mapping[str, Pixels],
        paintings: Mapping[str, Pixels],
        painted: Mapping[tuple[str, str], Picture],
    ) -> None:
        """Paintings on top, photos at the left, and what came of each pair where they meet."""
        from styler import imaging

        assert self.sheet is not None
        tiles: list[tuple[str, Picture | None]] = [("", None)]
        tiles += [(name, self.tiled(pixels)) for name, pixels in paintings.items()]
        for photo, pixels in photos.items():
            tiles.append((photo, self.tiled(pixels)))
            tiles += [("", painted.get((photo, painting))) for painting in paintings]
        sheet = imaging.grid(tiles, columns=len(paintings) + 1)
        Saving(force=self.force).write(sheet, self.sheet)


def table(rows: Sequence[Row]) -> str:
    """Rows of text under a head; ``-`` for what is not known."""
    columns = {"name": "", **COLUMNS}
    lines = [[HEADS.get(name, name) for name in columns]]
    for row in rows:
        values = [(row.get(name), spec) for name, spec in columns.items()]
        lines.append(["-" if value is None else format(value, spec) for value, spec in values])
    return aligned(lines)


def _curves(rows: Sequence[Row]) -> dict[str, list[curve.Point]]:
    """The points of each name, along strength."""
    curves: dict[str, list[curve.Point]] = {}
    for row in sorted(rows, key=lambda row: row.get("strength") or 0):
        strength = row.get("strength")
        label = "" if strength is None else f"{strength:g}"
        point = curve.Point(row["content"], row["style"], label)
        curves.setdefault(row["name"], []).append(point)
    return {row["name"]: curves[row["name"]] for row in rows}


def _point(text: str) -> Row:
    """The row that ``NAME:STYLE:CONTENT`` means."""
    try:
        name, style, content = text.rsplit(":", 2)
        return {"name": name, "style": float(style), "content": float(content)}
    except ValueError:
        raise ParameterError(
            f"--point {text}: is written NAME:STYLE:CONTENT, such as other:0.05:1.02"
        ) from None


def _report(path: Path) -> dict[str, Any]:
    """The JSON that an earlier evaluation wrote."""
    try:
        report = json.loads(path.read_bytes())
        rows = [(row["style"], row["content"]) for row in report["scores"]]
        known = isinstance(report["name"], str) and isinstance(report["fingerprint"], str)
        if not known or not all(isinstance(value, float | int) for row in rows for value in row):
            raise ValueError
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; --json of an evaluation writes one") from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: is not what --json of an evaluation writes") from None
    return dict(report)
