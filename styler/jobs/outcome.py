"""What comes of one picture of a job."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from styler.errors import one_line

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """Painted, skipped or failed, with what is known of it.

    Attributes:
        source, output: as the job calls them.
        status: ``"skipped"`` is what was painted before.
        width, height: of what was painted.
        seconds: that it took.
        error: what is wrong, in one line.
        warning: what of the photo is not in the painting, in one line.
        cause: the exception of that error.
        data: the encoded painting, where it goes to no file.
        file: the painting as a file that is to be put elsewhere.
        frames: how many a clip has.
        steps: milliseconds of each step.
    """

    source: str
    output: str
    status: Literal["painted", "skipped", "failed"]
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    error: str | None = None
    warning: str | None = None
    cause: Exception | None = field(default=None, repr=False, metadata={"private": True})
    data: bytes | None = field(default=None, repr=False, metadata={"private": True})
    file: Path | None = field(default=None, repr=False, metadata={"private": True})
    frames: int | None = field(default=None, repr=False, metadata={"private": True})
    steps: dict[str, float] = field(default_factory=dict, repr=False, metadata={"private": True})

    def plain(self) -> dict[str, Any]:
        """What programs are told: values that JSON has."""
        shown = (field.name for field in fields(self) if "private" not in field.metadata)
        return {name: getattr(self, name) for name in shown}

    def __str__(self) -> str:
        if self.status == "failed":
            return f"failed: {self.error}"
        if self.status == "skipped":
            return one_line(f"{self.source}: {self.output} is there already")
        what = one_line(f"{self.source} -> {self.output}")
        return f"{what}  {self.width}x{self.height}  {self.seconds:.2f} s"
