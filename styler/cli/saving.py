"""How results are encoded and where they go."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from styler.cli.jobs import PAINTED, Job
from styler.errors import OutputError

if TYPE_CHECKING:
    from styler.imaging import Picture


@dataclass(frozen=True)
class Saving:
    """How results are encoded, and whether they may replace what is there."""

    format: str | None = None
    quality: int | None = None
    lossless: bool = False
    bits: int = 8
    exif: bool = True
    force: bool = False

    def save(self, picture: Picture, job: Job) -> None:
        """Write `picture` where `job` says."""
        from styler import imaging

        options = asdict(self)
        force, format = options.pop("force"), options.pop("format")
        if job.output is not None:
            imaging.write(picture, job.output, force=force, format=format, **options)
            return
        own = picture.metadata.format
        data = imaging.encode(picture, format or (own if own in PAINTED else "png"), **options)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def refuse_existing(output: Path, force: bool) -> None:
    """Raise `OutputError` before any work where `output` is in the way."""
    if output.exists() and not force:
        raise OutputError(f"{output}: exists; choose another -o, or overwrite it with --force")
