"""How jobs in the queue stand, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..state import State

__all__ = ["Entry", "Event", "Status"]


@dataclass(frozen=True)
class Status:
    """How a job stands.

    Attributes:
        id: a digest of its recipe, its pictures' contents, and where they go.
        owner: who ordered it; empty for the command line.
        created: when, in seconds since 1970.
        counts: its pictures by state.
        progress: the part of them that is over, and of those that are painted; 0 to 1.
        finished: when the last one was over; ``None`` while one is not.
        keep: seconds that it is kept once it is over; ``None`` is for ever.
        webhook: the address that is told of its end.
    """

    id: str
    owner: str
    created: float
    counts: Mapping[State, int]
    progress: float
    finished: float | None = None
    keep: float | None = None
    webhook: str | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def over(self) -> bool:
        return not (self.counts["queued"] or self.counts["running"])

    @property
    def state(self) -> State:
        """``queued`` before the first picture is begun, ``running`` until the last is over; then
        ``failed`` or ``cancelled`` where one is, else ``done``."""
        if self.over:
            return next((s for s in ("failed", "cancelled") if self.counts[s]), "done")
        return "queued" if self.counts["queued"] == self.total else "running"

    def plain(self) -> dict[str, Any]:
        """What programs are told."""
        return {"id": self.id, "state": self.state, **asdict(self), "total": self.total}


@dataclass(frozen=True)
class Entry:
    """How one picture of a job stands.

    Attributes:
        number: within the job, from 0.
        source, output: which file becomes which.
        attempts: times that a worker has begun it.
        progress: 0 to 1, where its worker tells.
        error: why it failed, or has to be tried again, in one line.
        finished: when it was over, in seconds since 1970.
        facts: of what was painted: width, height, seconds, warning.
    """

    number: int
    source: Path
    output: Path
    state: State
    attempts: int
    progress: float
    error: str | None = None
    finished: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """What programs are told."""
        told = {name: value for name, value in asdict(self).items() if name != "facts"}
        return {**told, **self.facts, "source": str(self.source), "output": str(self.output)}


@dataclass(frozen=True)
class Event:
    """Something that happened to a job or, with a ``number``, to one of its pictures."""

    at: float
    event: str
    number: int | None
    worker: str | None
    detail: str | None
