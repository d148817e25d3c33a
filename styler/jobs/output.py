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
    from styler.imaging import Animation, Metadata, Picture
    from styler.imaging.codecs.formats import Format

__all__ = ["Saving", "check_output"]


@dataclass(frozen=True)
class Saving:
    """How results are encoded, and whether they may replace what is there.

    Attributes:
        format: by default that of the output's name or, without one, the photo's own.
        quality, lossless, exif: as :func:`styler.imaging.encode` takes them.
        bits: per sample; by default those of the photo where the format holds them.
        force: replace what exists.
    """

    format: str | None = None
    quality: int | None = None
    lossless: bool = False
    bits: int | None = None
    exif: bool = True
    force: bool = False

    def check(self, outputs: Iterable[Path | None]) -> None:
        """Raise `InputError` before any work where one of the outputs cannot be encoded so."""
        from styler.imaging import check_options
        from styler.imaging.codecs import formats

        for known in self.formats(outputs):
            formats.plugin(known)
            check_options(known, quality=self.quality, lossless=self.lossless, bits=self.bits or 8)

    def formats(self, outputs: Iterable[Path | None]) -> set[Format]:
        """The formats of the outputs, as far as they show before the photos are read.

        Raises:
            OutputError: a name tells none.
        """
        from styler.imaging.codecs import formats

        if self.format:
            return {formats.by_name(self.format)}
        return {formats.by_path(output) for output in outputs if output}

    def kind(self, photo: Metadata, output: Path | None) -> str:
        """The name of the format that a painting of a photo is written in."""
        from styler.imaging import own_format
        from styler.imaging.codecs import formats

        if self.format:
            return self.format
        return own_format(photo) if output is None else formats.by_path(output).name

    def encode(self, picture: Picture | Animation, output: Path | None) -> bytes:
        """What is painted as the bytes that are to be at ``output``."""
        from styler import imaging

        options = self.settings()
        del options["format"], options["bits"]
        if isinstance(picture, imaging.Animation):
            kind = self.kind(picture.first.metadata, output)
            return imaging.encode_animation(picture, kind, **options)
        kind = self.kind(picture.metadata, output)
        bits = self.bits or (picture.bits if imaging.FORMATS[kind].bits16 else 8)
        return imaging.encode(picture, kind, bits=bits, **options)

    def write(self, picture: Picture | Animation, output: Path) -> None:
        """Write what is painted as a file that is known as a painting from then on."""
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
