"""Which network paints, and how the command line writes styles."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from styler.errors import InputError, ParameterError
from styler.files import is_stream, printable
from styler.jobs import PIPE

if TYPE_CHECKING:
    from styler import Stylizer
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


def weighted(argument: str) -> tuple[str, float]:
    """Split ``NAME=0.7`` into name and weight; a plain name weighs 1.

    Raises:
        ParameterError: what follows the last ``=`` is no weight, and there is no such file.
    """
    name, separator, weight = argument.rpartition("=")
    if not separator or os.path.exists(argument):  # noqa: PTH110 - never raises
        return argument, 1.0
    try:
        value = float(weight)
    except ValueError:
        raise ParameterError(
            f"--style {printable(argument)}: the weight {weight!r:.40} is no number; "
            "write NAME=0.7, or the path of a picture that is there"
        ) from None
    if not 0 <= value < float("inf"):
        raise ParameterError(
            f"--style {printable(argument)}: the weight must be a finite number, 0 or more"
        )
    return name, value


def held(argument: str, what: str = "--style") -> str | bytes:
    """A style's name or a path; of ``-`` and of a pipe, which can be read once, what it holds.

    ``what`` is how errors call it.

    Raises:
        InputError: there is nothing on standard input.
        ImageError: it cannot be read.
    """
    if argument != PIPE and not is_stream(argument):
        return argument
    from styler.imaging import MAX_BYTES
    from styler.imaging.streams import opened

    if argument == PIPE and (sys.stdin is None or sys.stdin.isatty()):
        raise InputError(f"{what} -: there is no picture on standard input; pipe one in")
    source = sys.stdin.buffer if argument == PIPE else argument
    with opened(source, f"{what} {argument}", MAX_BYTES) as stream:
        return stream.read()
