"""A style: a painting's statistics, palette and brushwork, and where the painting is from."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from styler.errors import ParameterError
from styler.imaging import Palette

from .brushwork import Brushwork
from .statistics import FeatureStats

__all__ = ["Style", "mix"]


@dataclass(frozen=True, eq=False)
class Style:
    """What is kept of a painting: a few numbers, and the painting itself, small.

    Styles that paint alike are equal, whatever they are called and whoever painted them.

    Attributes:
        name: short name.
        model: fingerprint of the model whose sites the statistics belong to.
        statistics: of each style site.
        palette: mean and covariance of its colours.
        brushwork: the pictures it is taken from.
        title, artist, year, source: of the painting, where known.
        rank: its place among its model's presets, where it has one: those that please most first.

    Examples:
        >>> from styler import Style, Stylizer
        >>> Stylizer().style("painting.jpg").save("mine.style")
        >>> Style.load("mine.style").name
        'painting'
    """

    name: str
    model: str
    statistics: tuple[FeatureStats, ...] = field(repr=False)
    palette: Palette = field(repr=False)
    brushwork: Brushwork
    title: str | None = None
    artist: str | None = None
    year: str | None = None
    source: str | None = None
    rank: int | None = None

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write a ``.style`` file (safetensors, about 60 KB).

        Raises:
            OutputError: the file exists and ``force`` is not set, or cannot be written.
        """
        from .file import write

        write(self, path, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Style":
        """Read a ``.style`` file.

        Raises:
            StyleError: it is missing, damaged, or no style.
        """
        from .file import read

        return read(path)

    def __eq__(self, other: object) -> bool:
        return self._content == other._content if isinstance(other, Style) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[object, ...]:
        """All that a painting depends on."""
        arrays = [self.palette.mean, self.palette.covariance]
        for statistics in self.statistics:
            arrays += [statistics.mean, statistics.variance]
        return (self.model, self.brushwork, *(array.tobytes() for array in arrays))

    def named(self, name: str) -> "Style":
        """The same style under another name."""
        return replace(self, name=name)


def mix(styles: Sequence[tuple[Style, float]]) -> Style:
    """The weighted mean of styles; weights are scaled to sum 1.

    Raises:
        ParameterError: no style, a negative weight, a sum of 0, or styles of different models.
    """
    try:
        weights = np.array([weight for _, weight in styles], np.float64)
        fits = bool(np.isfinite(weights).all() and (weights >= 0).all() and weights.any())
    except (OverflowError, TypeError, ValueError):
        fits = False
    if not fits:
        raise ParameterError("style weights must be finite, not negative, and not all 0")
    first, shares = styles[0][0], _shares(weights)
    if any(style.model != first.model for style, _ in styles):
        raise ParameterError("the styles belong to different models; save them anew with one model")
    statistics = tuple(
        FeatureStats.mix(parts, shares.tolist())
        for parts in zip(*(style.statistics for style, _ in styles), strict=True)
    )
    if len(styles) == 1:
        return first
    return Style(
        "+".join(style.name for style, _ in styles),
        first.model,
        statistics,
        Palette.mix([style.palette for style, _ in styles], shares.tolist()),
        Brushwork.mix([style.brushwork for style, _ in styles], shares.tolist()),
    )


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights scaled to sum 1, however large they are."""
    with np.errstate(over="ignore"):
        total = float(weights.sum())
    return weights / total if np.isfinite(total) else _shares(weights / weights.max())
