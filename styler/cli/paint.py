"""What the verbs that paint have in common: an engine, resolved styles, one picture at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from styler.cli.options import Size
from styler.errors import ParameterError

if TYPE_CHECKING:
    from styler import Style, Stylizer
    from styler.imaging import Picture


@dataclass(frozen=True)
class Painter:
    """A stylizer with its styles set once, to paint many pictures."""

    stylizer: Stylizer
    styles: list[tuple[Style, float]]
    strength: float = 1.0
    size: Size | None = None

    def __call__(self, picture: Picture) -> Picture:
        if self.size is not None:
            picture = shrink(picture, self.size)
        painted = self.stylizer.stylize(picture.rgb, self.styles, strength=self.strength)
        return picture.with_rgb(painted)


def shrink(picture: Picture, size: Size) -> Picture:
    """`picture` within `size`, transparency included; itself where it already is."""
    from styler import imaging

    target = size.fit(picture.width, picture.height)
    if target == (picture.width, picture.height):
        return picture
    alpha = None if picture.alpha is None else imaging.resize(picture.alpha, size=target)
    return replace(picture, rgb=imaging.resize(picture.rgb, size=target), alpha=alpha)


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


def resolve(stylizer: Stylizer, name: str, style_size: int = 512) -> Style:
    """The style that `name` means: a preset, the user's own, a style file, or any picture.

    Names win over files in the working folder; ``./name`` means the file. Raises `StyleError`
    with the nearest name where there is neither.
    """
    import styler

    if not Path(name).is_file() or name in {info.name for info in styler.presets()}:
        return styler.preset(name)
    return stylizer.style(Path(name), size=style_size)


def tag(arguments: tuple[str, ...]) -> str:
    """A short name for a mixture of styles, as it appears in file names."""
    return "+".join(Path(weighted(argument)[0]).stem for argument in arguments)
