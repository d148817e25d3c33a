"""The record of what is painted, by which an interrupted job goes on where it stopped.

``.styler.jsonl`` in the output folder has a line for every picture, written just before the
picture itself: its size in bytes and, in a folder's job, its key (a digest of settings and photo)
and the time stamp of the file it is to replace. Since pictures are written whole or not at all, a
file that is there, under the same key and not that older one, is done; whatever moment the process
was killed in.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styler.controls import Controls
from styler.errors import StylerError
from styler.files import storing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from styler import Style

    from .job import Task

    Mask = NDArray[np.float32]

__all__ = ["NAME", "Ledger", "Paintings", "note", "settings"]

NAME = ".styler.jsonl"


class Ledger:
    """What has been painted into `folder`, and with which `settings` (plain JSON values)."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.settings = json.dumps(settings, sort_keys=True)
        self.entries = {entry["output"]: entry for entry in _entries(folder)}

    def done(self, task: Task) -> bool:
        """Whether `task` has been painted from this photo with these settings."""
        entry = self._there(task)
        return entry is not None and entry.get("key") == self._key(task)

    def outdated(self, task: Task) -> bool:
        """Whether `task` has been painted with these settings, but its photo is another now."""
        entry = self._there(task)
        same = entry is not None and entry.get("settings") == _digest(self.settings)
        return same and not self.done(task)

    def begin(self, task: Task, size: int) -> None:
        """Record that `task` is about to be written, in so many bytes.

        Raises:
            OutputError, StorageError: it cannot be recorded.
        """
        assert task.output is not None
        older = task.output.stat().st_mtime_ns if task.output.exists() else None
        name = self._name(task.output)
        self.entries[name] = {
            "output": name,
            "size": size,
            "settings": _digest(self.settings),
            "key": self._key(task),
            "replaces": older,
        }
        _append(self.folder, self.entries[name])

    def _there(self, task: Task) -> dict[str, Any] | None:
        """The entry of a task whose painting is there as it was written."""
        assert task.output is not None
        entry = self.entries.get(self._name(task.output))
        if entry is None or not task.output.exists():
            return None
        stat = task.output.stat()  # empty where a kill left no more than its name
        whole = stat.st_size > 0 and stat.st_size == entry.get("size", stat.st_size)
        return entry if whole and stat.st_mtime_ns != entry.get("replaces") else None

    def _name(self, output: Path) -> str:
        return output.relative_to(self.folder).as_posix()

    def _key(self, task: Task) -> str:
        assert isinstance(task.source, Path)
        stat = task.source.stat()
        return _digest(f"{self.settings} {stat.st_size} {stat.st_mtime_ns}")


class Paintings:
    """The pictures that styler has painted, in any run: those that a ledger names."""

    def __init__(self) -> None:
        self._read: dict[Path, dict[str, set[int | None]]] = {}

    def __contains__(self, file: Path) -> bool:
        """Whether a ledger in or above the file's folder has its name and size."""
        file = file.resolve()
        sizes: set[int | None] = set()
        for folder in file.parents:
            sizes |= self._named(folder).get(file.relative_to(folder).as_posix(), set())
        return bool(sizes) and not sizes.isdisjoint({None, file.stat().st_size})

    def _named(self, folder: Path) -> dict[str, set[int | None]]:
        if folder not in self._read:
            named = self._read[folder] = {}
            for entry in _entries(folder):
                named.setdefault(entry["output"], set()).add(entry.get("size"))
        return self._read[folder]


def note(output: Path, size: int) -> None:
    """Record a picture outside a folder's job, as far as its folder can be written to."""
    with contextlib.suppress(StylerError):
        _append(output.parent, {"output": output.name, "size": size})


def _entries(folder: Path) -> Iterator[dict[str, Any]]:
    try:
        text = (folder / NAME).read_text("utf-8", errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            hash(entry["output"])
        except (ValueError, KeyError, TypeError):
            continue  # a line cut short by a kill: its picture was not begun
        yield entry


def _append(folder: Path, entry: dict[str, Any]) -> None:
    path = folder / NAME
    with storing(path), path.open("ab+") as file:
        line = json.dumps(entry).encode() + b"\n"
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read() == b"\n" else b"\n" + line  # a kill may have cut the last
        file.write(line)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def settings(
    sha256: str,
    engine: str,
    styles: Sequence[tuple[Style, float]],
    controls: Controls,
    masks: Sequence[Mask] | None,
    only: Mask | None,
) -> dict[str, Any]:
    """Everything that painted pixels depend on besides the photo, as plain values."""
    plain = asdict(controls)
    del plain["style_size"]  # the styles show it
    return {
        "model": sha256,
        "engine": engine,
        "styles": [[_of_style(style), weight] for style, weight in styles],
        **plain,
        "masks": None if masks is None else [_of_mask(mask) for mask in masks],
        "only": None if only is None else _of_mask(only),
    }


def _of_style(style: Style) -> str:
    content = hashlib.sha256()
    for stats in style.statistics:
        content.update(stats.mean.tobytes() + stats.variance.tobytes())
    return content.hexdigest()[:16]


def _of_mask(mask: Mask) -> str:
    return hashlib.sha256(repr(mask.shape).encode() + mask.tobytes()).hexdigest()[:16]
