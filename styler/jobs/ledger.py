"""The record of a folder's job, by which an interrupted one goes on where it stopped.

``.styler.jsonl`` in the output folder has a line for every picture, written just before the
picture itself: its key (a digest of settings and photo) and the time stamp of the file it is to
replace. Since pictures are written whole or not at all, a file that is there, under the same key
and not that older one, is done; whatever moment the process was killed in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from styler.controls import Controls

from .job import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from styler import Style

    Mask = NDArray[np.float32]

__all__ = ["NAME", "Ledger", "settings"]

NAME = ".styler.jsonl"


class Ledger:
    """What has been painted into `folder`, and with which `settings` (plain JSON values)."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        self.settings = json.dumps(settings, sort_keys=True)
        self.path = folder / NAME
        self.entries: dict[str, dict[str, Any]] = {}
        self.torn = False
        if self.path.exists():
            text = self.path.read_text("utf-8", errors="replace")
            self.torn = not text.endswith("\n")
            for line in text.splitlines():
                self._take(line)

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
            self.entries[entry["output"]] = entry
        except (ValueError, KeyError, TypeError):
            pass  # a line cut short by a kill: its picture was not begun

    def done(self, task: Task) -> bool:
        """Whether `task` has been painted from this photo with these settings."""
        assert task.output is not None
        entry = self.entries.get(self._name(task.output))
        if entry is None or not task.output.exists():
            return False
        stat = task.output.stat()  # empty where a kill left no more than its name
        new = stat.st_size > 0 and stat.st_mtime_ns != entry.get("replaces")
        return new and entry.get("key") == self._key(task)

    def begin(self, task: Task) -> None:
        """Record that `task` is about to be written."""
        assert task.output is not None
        older = task.output.stat().st_mtime_ns if task.output.exists() else None
        name = self._name(task.output)
        entry = {"output": name, "key": self._key(task), "replaces": older}
        line = ("\n" if self.torn else "") + json.dumps(entry) + "\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        self.torn = False
        self.entries[name] = entry

    def _name(self, output: Path) -> str:
        return output.relative_to(self.folder).as_posix()

    def _key(self, task: Task) -> str:
        assert isinstance(task.source, Path)
        stat = task.source.stat()
        text = f"{self.settings} {stat.st_size} {stat.st_mtime_ns}"
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
