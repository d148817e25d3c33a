"""Folders of pictures: photos, paintings, and what was painted of each pair of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from styler.errors import InputError

if TYPE_CHECKING:
    from styler.imaging import Picture


def named(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by the names of their files without extension.

    Raises `InputError`: it is no folder, has no pictures, or two of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is not a folder; give a folder of pictures")
    from styler.imaging import find_pictures

    found: dict[str, Path] = {}
    for path in find_pictures(folder):
        if path.stem in found:
            raise InputError(f"{found[path.stem]} and {path}: share a name; rename one")
        found[path.stem] = path
    if not found:
        raise InputError(f"{folder}: no pictures there")
    return found


def painted(folder: Path, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Path]:
    """The pictures PHOTO__PAINTING of a folder by their pair, in the order of `pairs`.

    Raises `InputError`: there is none of any pair.
    """
    files = named(folder)
    found = {
        (photo, painting): files[f"{photo}__{painting}"]
        for photo, painting in pairs
        if f"{photo}__{painting}" in files
    }
    if not found:
        raise InputError(f"{folder}: no PHOTO__PAINTING.png of these photos and paintings")
    return found


def opaque(path: Path) -> Picture:
    """A picture without its transparency: what hides there is of the colour of the rest."""
    from styler import imaging

    return imaging.Picture(imaging.read(path).filled())
