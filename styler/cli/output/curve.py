"""The curve of an evaluation: style distance over content distance, along strength."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from styler.errors import OutputError, train_install

FORMATS = (".svg", ".png")


@dataclass(frozen=True)
class Point:
    """Where a painter stands at one strength; `label` is written beside it."""

    content: float
    style: float
    label: str = ""


def check(path: Path) -> None:
    """Raise before any work where a curve cannot be drawn, or not into such a file."""
    if path.suffix.lower() not in FORMATS:
        raise OutputError(f"{path}: a curve is written as {' or '.join(FORMATS)}")
    with train_install("--curve"):
        import matplotlib  # noqa: F401


def draw(curves: Mapping[str, Sequence[Point]], suffix: str) -> bytes:
    """Plot named curves, or single points, as the file of one of `FORMATS`.

    Down and left is better. The style distance has a logarithmic scale: its ratios count.
    """
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter

    with matplotlib.rc_context({"svg.hashsalt": "styler"}):  # the same curve, the same bytes
        figure = Figure(figsize=(6.4, 4.8), layout="constrained")
        axes = figure.subplots()
        for name, points in curves.items():
            mark = "o-" if len(points) > 1 else "D"
            line = ([point.content for point in points], [point.style for point in points])
            axes.plot(*line, mark, markersize=5, label=name)
            for point in points:
                at = (point.content, point.style)
                axes.annotate(point.label, at, (5, 5), textcoords="offset points", fontsize=8)
        axes.set(xlabel="content distance", ylabel="style distance", yscale="log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.grid(alpha=0.3)
        axes.legend()
        buffer = io.BytesIO()
        undated = {"Date": None} if suffix == ".svg" else None
        figure.savefig(buffer, format=suffix[1:], dpi=150, metadata=undated)
    return buffer.getvalue()
