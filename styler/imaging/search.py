"""Which files of a folder are pictures."""

from __future__ import annotations

from pathlib import Path

from .codecs.formats import FORMATS

EXTENSIONS = frozenset(e for known in FORMATS.values() for e in known.extensions)

_ASIDE = frozenset(
    ("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin",
     "system volume information", "lost+found", "__macosx")
)  # fmt: skip
"""Folders in which storage boxes and systems keep thumbnails, snapshots and what was deleted."""


def is_aside(path: Path) -> bool:
    """Whether a path leads through a folder that a storage box or system keeps for itself."""
    return any(part.lower() in _ASIDE for part in path.parts[:-1])


def find_pictures(folder: Path) -> list[Path]:
    """All files under ``folder`` that are pictures by their names, in order, but for hidden ones
    and those that :func:`is_aside`.

    A file or folder is hidden if its name begins with a dot.
    """
    return sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in EXTENSIONS
        and file.is_file()
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and not is_aside(file.relative_to(folder))
    )
