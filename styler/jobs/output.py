"""How what is painted is encoded, and whether it may replace what is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styler import files
from styler.errors import OutputError

from .ledger import note

if TYPE_CHECKING:
    from styler.imaging import Picture

__all__ = ["Saving", "check_output"]


@dataclass(frozen=True)
class Saving:
    """How results are encoded, and whether they may replace what is there.

    Attributes:
        format: by default that of the output's name or, without one, the photo's own.
        quality, lossless, bits, exif: as :func:`styler.imaging.encode` takes them.
        force: replace what exists.
    """

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

    def encode(self, picture: Picture, output: Path | None) -> bytes:
        """`picture` as the bytes that are to be at ``output``."""
        from styler import imaging
        from styler.imaging.codecs import formats

        options = self.settings()
        format = options.pop("format") or (
            formats.by_path(output).name if output else imaging.own_format(picture)
        )
        return imaging.encode(picture, format, **options)

    def write(self, picture: Picture, output: Path) -> None:
        """Write `picture` as a file that is known as a painting from then on."""
        data = self.encode(picture, output)
        files.write_bytes(data, output, force=self.force)
        if not files.is_stream(output):
            note(output, len(data))

    def settings(self) -> dict[str, Any]:
        """What the written bytes depend on, as plain values."""
        return {name: value for name, value in vars(self).items() if name != "force"}


def check_output(output: Path, force: bool) -> None:
    """Raise `OutputError` before any work where `output` is in the way or has no folder."""
    if not output.parent.is_dir():
        raise OutputError(f"{output}: there is no folder {output.parent}; make it first")
    if output.exists() and not force and not files.is_stream(output):
        raise OutputError(f"{output}: exists; choose another -o, or overwrite it with --force")
