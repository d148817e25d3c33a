"""Which files of a folder are pictures."""

from __future__ import annotations

from pathlib import Path

from .codecs.formats import FORMATS

EXTENSIONS = frozenset(e for known in FORMATS.values() for e in known.extensions)


def find_pictures(folder: Path) -> list[Path]:
    """All files under ``folder`` that are pictures by their names, in order, but for hidden ones.

    A file or folder is hidden if its name begins with a dot.
    """
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in EXTENSIONS
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )
