"""Which network paints, and how the command line writes styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from styler.errors import ParameterError

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
