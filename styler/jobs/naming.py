"""What paintings are called: a pattern such as ``{stem}-{style}{ext}``."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path

from styler.errors import ParameterError, did_you_mean

__all__ = ["Pattern"]

FIELDS = ("stem", "name", "style", "ext")


@dataclass(frozen=True)
class Pattern:
    """A pattern of file names, in which fields stand in braces.

    Attributes:
        text: with the fields ``stem`` (the photo's name without extension), ``name`` (with it),
            ``style`` and ``ext`` (of the painting, with its dot).

    Raises:
        ParameterError: an unknown field, no file's name, or one without extension.
    """

    text: str

    def __post_init__(self) -> None:
        from styler.imaging.search import EXTENSIONS

        try:
            parts = list(string.Formatter().parse(self.text))
        except ValueError as error:
            raise self._wrong(f"{error}; a brace itself is written twice") from None
        for _, field, spec, conversion in parts:
            if spec or conversion:
                raise self._wrong(f"{{{field}}} stands as it is, without a format")
            if field is not None and field not in FIELDS:
                known = ", ".join(f"{{{name}}}" for name in FIELDS)
                hint = did_you_mean(field, FIELDS, f"the fields are {known}")
                raise self._wrong(f"there is no field {{{field}}}; {hint}")
        if "/" in self.text or "\\" in self.text:
            raise self._wrong("it is the name of a file; -o says the folder")
        ends_known = Path(self.text).suffix.lower() in EXTENSIONS
        if not (self.text.endswith("{ext}") or ends_known):
            raise self._wrong("end it in {ext}, or in an extension such as .png")

    def of(self, photo: Path, style: str, extension: str) -> str:
        """The name of a photo's painting."""
        fields = {"stem": photo.stem, "name": photo.name, "style": style, "ext": extension}
        return self.text.format(**fields)

    def _wrong(self, reason: str) -> ParameterError:
        return ParameterError(f"--name {self.text!r:.80}: {reason}")
