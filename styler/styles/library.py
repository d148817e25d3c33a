"""Styles by name: those of a model, and the user's own."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styler.errors import StyleError, did_you_mean
from styler.files import is_stream
from styler.models import Model, find, shipped

from .file import SUFFIX
from .style import Style

__all__ = ["StyleInfo", "preset", "presets", "resolve", "usable", "user_folder"]


@dataclass(frozen=True)
class StyleInfo:
    """What is known of a preset without loading its statistics."""

    name: str
    title: str | None
    artist: str | None
    year: str | None
    path: Path


def user_folder() -> Path:
    """Where a user's own ``.style`` files are: ``STYLER_STYLES``, or the platform's data folder."""
    import platformdirs

    return Path(
        os.environ.get("STYLER_STYLES")
        or Path(platformdirs.user_data_dir("styler", False)) / "styles"
    )


def _files(model: Model) -> Iterator[Path]:
    for folder in (model.styles, user_folder()):
        if folder.is_dir():
            yield from folder.glob("*" + SUFFIX)


def resolve(style: Any, model: Path, take: Callable[[Any], Style]) -> Style:
    """The style that is meant.

    Args:
        style: a string or path that ends in ``.style`` is such a file; another string that names no
            file is a preset.
        model: the model's folder.
        take: makes a style of everything else, a painting, and checks those that are one.

    Raises:
        StyleError: there is no such preset, or the file cannot be read.
    """
    if isinstance(style, str | os.PathLike) and Path(style).suffix == SUFFIX:
        style = Style.load(style)
    elif isinstance(style, str) and not (
        os.path.isfile(style) or is_stream(style)  # noqa: PTH113 - never raises
    ):
        style = preset(style, model)
    return take(style)


def presets(
    model: str | Path = "default", *, damaged: Callable[[StyleError], object] | None = None
) -> list[StyleInfo]:
    """A model's styles in their order, then the user's own, which hide the model's of their name.

    Args:
        model: name of a shipped model, or a folder that ``styler export`` wrote.
        damaged: is told the error of each file that cannot be read, which is then left out.

    Raises:
        WeightsError: there is no such model.
        StyleError: one of the files cannot be read, and there is no ``damaged``.
    """
    return [
        StyleInfo(name, style.title, style.artist, style.year, path)
        for name, (path, style) in _ordered(_loaded(find(model), Style.load, damaged))
    ]


def usable(
    model: str | Path, take: Callable[[Style], Style], damaged: Callable[[StyleError], object]
) -> dict[str, Style]:
    """All that :func:`presets` lists and the model can paint with, in that order.

    Args:
        model: as in :func:`presets`.
        take: a style as it is, or the StyleError of one of another model.
        damaged: is told the error of each one left out.
    """
    loaded = _loaded(find(model), lambda path: take(Style.load(path)), damaged)
    return {name: style for name, (_, style) in _ordered(loaded)}


def _ordered(loaded: Iterable[tuple[Path, Style]]) -> list[tuple[str, tuple[Path, Style]]]:
    """By rank, those without one behind, by name; of one name the last."""
    found = {path.stem: (path, style) for path, style in loaded}

    def place(item: tuple[str, tuple[Path, Style]]) -> tuple[bool, int, str]:
        name, (_, style) = item
        return style.rank is None, style.rank or 0, name

    return sorted(found.items(), key=place)


def _loaded(
    model: Model,
    load: Callable[[Path], Style],
    damaged: Callable[[StyleError], object] | None,
) -> Iterator[tuple[Path, Style]]:
    for path in _files(model):
        try:
            yield path, load(path)
        except StyleError as error:
            if damaged is None:
                raise
            damaged(error)


def preset(name: str, model: str | Path = "default") -> Style:
    """A model's style, or one of the user's own, by name.

    Args:
        name: of the style.
        model: name of a shipped model, or a folder that ``styler export`` wrote.

    Raises:
        WeightsError: there is no such model.
        StyleError: there is no such style; the message names the nearest.

    Examples:
        >>> import styler
        >>> styler.preset("monet-impression").artist
        'Claude Monet'
    """
    found = find(model)
    paths = {path.stem: path for path in _files(found)}
    if name in paths:
        return Style.load(paths[name])
    if near := did_you_mean(name, paths):
        hint = near
    elif found.styles.is_dir():
        known = found.folder.name if found.folder.parent == shipped() else found.folder
        option = "" if known == "default" else f" --model {known}"
        hint = f"`styler styles{option}` lists them; a picture's path works, too"
    else:
        hint = (
            f"the model {found.spec.name!r} has no presets: give a picture's path, "
            "or keep its style with `styler style save`"
        )
    raise StyleError(f"no style {name!r}; {hint}")
