"""How results are encoded and where they go."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from styler.errors import OutputError
from styler.jobs.plan import Job

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

    def check(self, outputs: Iterable[Path | None]) -> None:
        """Raise `InputError` before any work where one of the outputs cannot be encoded so."""
        from styler.imaging import check_options
        from styler.imaging.codecs import formats

        named = {formats.by_path(output) for output in outputs if output and not self.format}
        for known in {formats.by_name(self.format)} if self.format else named:
            formats.plugin(known)
            check_options(known, quality=self.quality, lossless=self.lossless, bits=self.bits)

    def save(self, picture: Picture, job: Job) -> None:
        """Write `picture` where `job` says."""
        from styler import imaging

        options = asdict(self)
        force, format = options.pop("force"), options.pop("format")
        if job.output is not None:
            imaging.write(picture, job.output, force=force, format=format, **options)
            return
        data = imaging.encode(picture, format or imaging.own_format(picture), **options)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def check_output(output: Path, force: bool) -> None:
    """Raise `OutputError` before any work where `output` is in the way or has no folder."""
    if not output.parent.is_dir():
        raise OutputError(f"{output}: there is no folder {output.parent}; make it first")
    if output.exists() and not force:
        raise OutputError(f"{output}: exists; choose another -o, or overwrite it with --force")
