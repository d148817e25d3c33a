"""The record of a folder's job, by which an interrupted one goes on where it stopped.

``.styler.jsonl`` in the output folder has a line for every picture, written just before the
picture itself: its key (a digest of settings and photo) and the time stamp of the file it is to
replace. Since pictures are written whole or not at all, a file that is there, under the same key
and not that older one, is done; whatever moment the process was killed in.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from styler.jobs.plan import Job

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

    def done(self, job: Job) -> bool:
        """Whether `job` has been painted from this photo with these settings."""
        assert job.output is not None
        entry = self.entries.get(self._name(job.output))
        if entry is None or not job.output.exists():
            return False
        stat = job.output.stat()  # empty where a kill left no more than its name
        new = stat.st_size > 0 and stat.st_mtime_ns != entry.get("replaces")
        return new and entry.get("key") == self._key(job)

    def begin(self, job: Job) -> None:
        """Record that `job` is about to be written."""
        assert job.output is not None
        older = job.output.stat().st_mtime_ns if job.output.exists() else None
        name = self._name(job.output)
        entry = {"output": name, "key": self._key(job), "replaces": older}
        line = ("\n" if self.torn else "") + json.dumps(entry) + "\n"
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        self.torn = False
        self.entries[name] = entry

    def _name(self, output: Path) -> str:
        return output.relative_to(self.folder).as_posix()

    def _key(self, job: Job) -> str:
        assert job.source is not None
        stat = job.source.stat()
        text = f"{self.settings} {stat.st_size} {stat.st_mtime_ns}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]
