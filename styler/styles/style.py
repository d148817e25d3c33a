"""A style: a picture's statistics at the network's sites, and where the picture is from."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from styler.errors import ParameterError, StyleError, did_you_mean
from styler.models.folder import Model, find, shipped
from styler.styles.statistics import FeatureStats

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Style", "StyleInfo", "mix", "preset", "presets", "user_folder"]

SUFFIX = ".style"
FORMAT = 1
KNOWN = ("title", "artist", "year", "source")
MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class StyleInfo:
    """What is known of a preset without loading its statistics."""

    name: str
    title: str | None
    artist: str | None
    year: str | None
    path: Path


@dataclass(frozen=True, eq=False)
class Style:
    """The statistics of a painting, a few kilobytes that stand for it.

    Attributes:
        name: short name.
        model: fingerprint of the model whose sites the statistics belong to.
        statistics: of each style site.
        title, artist, year, source: of the painting, where known.

    Examples:
        >>> from styler import Style, Stylizer
        >>> Stylizer().style("painting.jpg").save("mine.style")
        >>> Style.load("mine.style").name
        'painting'
    """

    name: str
    model: str
    statistics: tuple[FeatureStats, ...] = field(repr=False)
    title: str | None = None
    artist: str | None = None
    year: str | None = None
    source: str | None = None

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write a ``.style`` file (safetensors, about 3 KB).

        Raises:
            OutputError: the file exists and ``force`` is not set, or cannot be written.
        """
        from safetensors.numpy import save

        from styler.files import write_bytes

        tensors: dict[str, NDArray[np.float32]] = {}
        for site, stats in enumerate(self.statistics):
            tensors[f"{site}.mean"] = stats.mean.astype(np.float32)
            tensors[f"{site}.variance"] = stats.variance.astype(np.float32)
        metadata = {
            "format": FORMAT,
            **{key: getattr(self, key) for key in ("name", "model", *KNOWN)},
            "counts": [stats.count for stats in self.statistics],
        }
        # One entry, because safetensors writes several in any order.
        write_bytes(save(tensors, {"style": json.dumps(metadata)}), path, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Style":
        """Read a ``.style`` file.

        Raises:
            StyleError: it is missing, damaged, or no style.
        """
        try:
            with Path(path).open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            return _parse(content)
        except OSError as error:
            raise StyleError(f"cannot read the style {path}: {error.strerror}") from None
        except ValueError as error:
            raise StyleError(f"{path} is not a style: {error}; save it anew") from None

    def named(self, name: str) -> "Style":
        """The same style under another name."""
        return replace(self, name=name)


def _parse(content: bytes) -> Style:
    """A style from the bytes of its file; ValueError for whatever is wrong with them."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if len(content) > MAX_BYTES:
        raise ValueError(f"it has more than {MAX_BYTES} bytes")
    try:
        tensors = load(content)
        # The library checks the header but, from bytes, hands out no metadata.
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["style"])
        if metadata["format"] != FORMAT:
            raise ValueError(f"its format is not {FORMAT}")
        statistics = tuple(
            FeatureStats(
                float(count),
                tensors[f"{site}.mean"].astype(np.float64),
                tensors[f"{site}.variance"].astype(np.float64),
            )
            for site, count in enumerate(metadata["counts"])
        )
        style = Style(
            _text(metadata["name"]),
            _text(metadata["model"]),
            statistics,
            **{key: None if metadata[key] is None else _text(metadata[key]) for key in KNOWN},
        )
    except (SafetensorError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}".splitlines()[0]) from None
    if not all(map(_sound, style.statistics)):
        raise ValueError("its statistics are no means and variances")
    return style


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _sound(stats: FeatureStats) -> bool:
    return bool(
        stats.mean.ndim == 1
        and stats.mean.shape == stats.variance.shape
        and 0 < stats.count < np.inf
        and np.isfinite(stats.mean).all()
        and np.isfinite(stats.variance).all()
        and (stats.variance >= 0).all()
    )


def mix(styles: Sequence[tuple[Style, float]]) -> Style:
    """The weighted mean of styles; weights are scaled to sum 1.

    Raises:
        ParameterError: no style, a negative weight, a sum of 0, or styles of different models.
    """
    weights = np.array([weight for _, weight in styles], np.float64)
    if (
        len(weights) == 0
        or not np.isfinite(weights).all()
        or (weights < 0).any()
        or weights.sum() <= 0
    ):
        raise ParameterError("style weights must be finite, not negative, and not all 0")
    first, shares = styles[0][0], weights / weights.sum()
    if any(style.model != first.model for style, _ in styles):
        raise ParameterError("the styles belong to different models; save them anew with one model")
    statistics = tuple(
        FeatureStats.mix(parts, shares.tolist())
        for parts in zip(*(style.statistics for style, _ in styles), strict=True)
    )
    return (
        Style("+".join(style.name for style, _ in styles), first.model, statistics)
        if len(styles) > 1
        else first
    )


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


def presets(
    model: str | Path = "default", *, damaged: Callable[[StyleError], object] | None = None
) -> list[StyleInfo]:
    """A model's styles and the user's own, by name; the user's hide the model's of their name.

    Args:
        model: name of a shipped model, or a folder that ``styler export`` wrote.
        damaged: is told the error of each file that cannot be read, which is then left out.

    Raises:
        WeightsError: there is no such model.
        StyleError: one of the files cannot be read, and there is no ``damaged``.
    """
    found = {}
    for path in _files(find(model)):
        try:
            style = Style.load(path)
        except StyleError as error:
            if damaged is None:
                raise
            damaged(error)
            continue
        found[path.stem] = StyleInfo(path.stem, style.title, style.artist, style.year, path)
    return [found[name] for name in sorted(found)]


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
