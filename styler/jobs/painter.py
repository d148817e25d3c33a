"""What the verbs that paint have in common: an engine, resolved styles, one picture at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styler.controls import STYLE_SIZE, Controls, Size
from styler.errors import ParameterError
from styler.jobs.masks import Where

if TYPE_CHECKING:
    from styler import Picture, Style, Stylizer
    from styler.inference.engine import EngineName


@dataclass(frozen=True)
class Network:
    """Which network paints, and on what."""

    model: str
    engine: EngineName
    threads: int | None

    def open(self) -> Stylizer:
        """Load and verify it. Raises `WeightsError` or `MissingDependencyError`."""
        from styler import Stylizer

        return Stylizer(self.model, engine=self.engine, threads=self.threads)


@dataclass(frozen=True)
class Painter:
    """A stylizer with its styles set once, to paint many pictures."""

    stylizer: Stylizer
    styles: list[tuple[Style, float]]
    controls: Controls = field(default_factory=Controls)
    where: Where = field(default_factory=Where)

    def __call__(self, picture: Picture) -> Picture:
        return self.stylizer.stylize(
            picture, self.styles, **vars(self.controls), **vars(self.where)
        )

    def settings(self) -> dict[str, Any]:
        """Everything that the painted pixels depend on besides the photo, as plain values."""
        controls = asdict(self.controls)
        del controls["style_size"]  # the styles show it
        return {
            "model": self.stylizer.info.sha256,
            "engine": self.stylizer.info.engine,
            "styles": [[digest(style), weight] for style, weight in self.styles],
            **controls,
            **self.where.settings(),
        }


def digest(style: Style) -> str:
    """A short fingerprint of a style's statistics."""
    content = hashlib.sha256()
    for stats in style.statistics:
        content.update(stats.mean.tobytes() + stats.variance.tobytes())
    return content.hexdigest()[:16]


def shrink(picture: Picture, size: Size) -> Picture:
    """`picture` within `size`, transparency included; itself where it already is."""
    return picture.resized(size.fit(picture.width, picture.height))


def weighted(argument: str) -> tuple[str, float]:
    """Split ``NAME=0.7`` into name and weight; a plain name weighs 1."""
    name, separator, weight = argument.rpartition("=")
    if not separator or Path(argument).exists():
        return argument, 1.0
    try:
        value = float(weight)
    except ValueError:
        return argument, 1.0
    if not 0 <= value < float("inf"):
        raise ParameterError(f"--style {argument}: the weight must be 0 or more")
    return name, value


def mixture(
    stylizer: Stylizer, arguments: Sequence[str], style_size: int
) -> list[tuple[Style, float]]:
    """The styles and weights that the values of ``--style`` mean."""
    return [
        (resolve(stylizer, name, style_size), weight) for name, weight in map(weighted, arguments)
    ]


def resolve(stylizer: Stylizer, name: str, style_size: int = int(STYLE_SIZE.default)) -> Style:
    """The style that `name` means: a style file, a painting, or a preset of the model."""
    from styler import styles

    take = partial(stylizer.style, size=style_size)
    return styles.resolve(name, Path(stylizer.info.path), take)


def tag(arguments: Sequence[str]) -> str:
    """A short name for a mixture of styles, as it appears in file names."""
    return "+".join(Path(weighted(argument)[0]).stem for argument in arguments)
