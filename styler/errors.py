"""Every error a caller can meet, each with one line that names the thing and the remedy."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager


def one_line(text: str) -> str:
    """Text as a terminal may show it: on one line, with ``?`` for what is not to be seen.

    A file's name may hold line ends, or sequences that would recolour or clear the screen.
    """
    return "".join(c if c.isprintable() else "?" for c in text)


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """The hint of an unknown name: the nearest known one, or ``otherwise``."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else otherwise


class StylerError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` is one line."""


class InputError(StylerError):
    """What the caller gave is at fault: exit code 2 on the command line, 4xx over HTTP."""


class ImageError(InputError):
    """Not a picture, a broken one, or one of an unsupported kind."""


class TooLargeError(ImageError):
    """Over a cap on pixels, bytes or frames."""


class VideoError(InputError):
    """Not a clip, a broken one, or one of an unsupported kind."""


class StyleError(InputError):
    """An unknown preset, or a style file that cannot be used with this model."""


class ParameterError(InputError, ValueError):
    """A value out of its range."""


class OutputError(InputError):
    """The result cannot be written: it exists, has no folder, or an unknown extension."""


class StorageError(StylerError):
    """Nothing can be written there, whatever its name: a full, broken or read-only disk."""


class TrainingError(InputError):
    """Training cannot start or go on: an empty folder, a checkpoint of another configuration."""


class WeightsError(StylerError):
    """Weights are missing, damaged, or of another architecture."""


class MissingDependencyError(StylerError, ImportError):
    """A part was asked for whose packages are not installed."""


@contextmanager
def extra_install(what: str, extra: str) -> Iterator[None]:
    """Say of a package that turns out to be missing in here which install has it.

    Args:
        what: needs it, as the error begins: "training", "--curve".
        extra: name of the install: "train", "video".

    Raises:
        MissingDependencyError: a module is not found.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f'{what} needs {error.name}; pip install "styler[{extra}]"'
        ) from None


def train_install(what: str) -> AbstractContextManager[None]:
    """:func:`extra_install` of what training needs."""
    return extra_install(what, "train")
