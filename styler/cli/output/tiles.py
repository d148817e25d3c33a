"""Pictures painted to be shown together, as small as they are shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from styler.cli.output.report import Report
from styler.cli.settings.network import held
from styler.controls import Size
from styler.errors import one_line
from styler.jobs import Outcome, Saving, check_output, lost

if TYPE_CHECKING:
    from styler.imaging import Picture


PAINTED = 768
"""Long side at which what is shown as a smaller tile is painted: painted small it lacks detail."""


def check_picture(output: Path, force: bool) -> None:
    """Raise before any work where the picture cannot be, or should not be, written."""
    check_output(output, force)
    Saving().check([output])


def photo_of(path: Path, max_pixels: int) -> Picture:
    """The photo that is shown; ``-`` is standard input."""
    from styler import imaging

    return imaging.read(held(str(path), "PHOTO"), name=str(path), max_pixels=max_pixels)


def small(photo: Path, tile: int, max_pixels: int) -> tuple[Picture, Size]:
    """The photo as large as it is painted to be shown as a tile, and the size of the tile."""
    painted = Size(long_side=max(tile, PAINTED))
    return shrink(photo_of(photo, max_pixels), painted), Size(long_side=tile)


def shrink(picture: Picture, size: Size) -> Picture:
    """`picture` within `size`, transparency included; itself where it already is."""
    return picture.resized(size.fit(picture.width, picture.height))


class Tiles:
    """What is made of a photo to be shown together, and told as a job of several pictures is.

    Args:
        photo: the file.
        content: what was read of it.
        total: how many pictures are painted.
        quiet: say nothing.
    """

    def __init__(self, photo: Path, content: Picture, total: int, *, quiet: bool) -> None:
        self.photo, self.quiet = photo, quiet
        self.tiles: list[tuple[str, Picture]] = []
        self.report = Report(total, quiet=quiet)
        self.warning = lost(str(photo), content.metadata)

    def __enter__(self) -> Tiles:
        self.report.__enter__()
        if self.warning:
            self.report.warn(self.warning)
        return self

    def __exit__(self, *error: Any) -> None:
        self.report.__exit__(*error)

    def paint(self, label: str, paint: Callable[[], Picture], shown: Size | None = None) -> None:
        """Add what `paint` paints, shown within a size."""
        start = time.perf_counter()
        painted = paint()
        took = round(time.perf_counter() - start, 3)
        self.tiles.append((label, shrink(painted, shown) if shown else painted))
        told = Outcome(str(self.photo), label, "painted", painted.width, painted.height, took)
        self.report.add(told)

    def write(self, output: Path, *, columns: int, labels: bool, force: bool) -> None:
        """All pictures in rows of so many as one file."""
        from styler import imaging

        whole = imaging.grid(self.tiles, columns=min(columns, len(self.tiles)), labels=labels)
        Saving(force=force).write(whole, output)
        if not self.quiet:
            click.echo(one_line(f"{output}  {whole.width}x{whole.height}"), err=True)
