"""Rows of the tables as values, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .database import Transaction
from .status import Entry, Event

__all__ = ["entry", "event", "log", "path", "text"]


def text(path: Path) -> str:
    """A path as text that any database holds: a file's name need not be UTF-8."""
    return json.dumps(str(path))


def path(text: str) -> Path:
    """What :func:`text` made text of."""
    return Path(json.loads(text))


def entry(row: Mapping[str, Any]) -> Entry:
    """A row of tasks."""
    return Entry(
        row["number"],
        path(row["source"]),
        path(row["output"]),
        row["state"],
        row["attempts"],
        1.0 if row["state"] == "done" else row["progress"],
        row["error"],
        row["finished"],
        json.loads(row["facts"] or "{}"),
    )


def event(row: Mapping[str, Any]) -> Event:
    """A row of the log."""
    return Event(row["at"], row["event"], row["number"], row["worker"], row["detail"])


def log(
    transaction: Transaction,
    at: float,
    job: str,
    event: str,
    *,
    number: int | None = None,
    worker: str | None = None,
    detail: str | None = None,
) -> None:
    """Add a row to the log."""
    row = {"at": at, "job": job, "number": number, "event": event}
    transaction.insert("styler_log", [{**row, "worker": worker, "detail": detail}])
