"""The queue as those see it who order: jobs are added, looked at, tried again, called off."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from styler.errors import InputError, one_line

from ..job import Job
from ..state import STATES, State
from . import rows, schema
from .database import ConflictError, Database, Transaction, open_database
from .held import from_text, identify, in_the_way, to_text
from .leases import Leases
from .status import Entry, Event, Status

__all__ = ["Queue"]


class Queue:
    """Jobs in a database.

    Methods raise `StorageError` where it cannot be used, and `InputError` for an unknown job.

    Attributes:
        leases: the same queue as workers see it.
    """

    def __init__(self, database: Database) -> None:
        schema.make(database)
        self._database = database
        self.leases = Leases(database)

    @classmethod
    def open(cls, where: str | Path) -> Self:
        """The queue in a SQLite file or in the database at a URL; made where there is none.

        Raises:
            InputError, MissingDependencyError, StorageError: it cannot be opened.
        """
        return cls(open_database(where))

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def add(
        self,
        job: Job,
        contents: Sequence[str],
        *,
        id: str | None = None,
        owner: str = "",
        keep: float | None = None,
        webhook: str | None = None,
    ) -> str:
        """Queue a job, and tell its id. One that is there already is not queued again; of its
        pictures those are that failed, were called off, or whose output is gone.

        Args:
            job: as :func:`held` makes it.
            contents: the digest of each picture, as :func:`contents` makes them.
            id: by default what :func:`identify` makes.
            owner: who alone is to see it.
            keep: seconds that it is kept when it is over; ``None`` is for ever.
            webhook: the address to tell of its end.

        Raises:
            InputError: there are no pictures.
            OutputError: what is there already is in the way.
        """
        if not job.tasks:
            raise InputError("there are no pictures to queue; name a file or a folder of them")
        id = id or identify(job, contents, owner)
        if self._status(id) is not None:
            self.renew(id)
            return id
        in_the_way(job)
        now = time.time()
        row = {"id": id, "owner": owner, "body": to_text(job), "created": now}
        row |= {"keep": keep, "webhook": webhook, "tell": None if webhook is None else now}
        try:
            with self._database.transaction() as transaction:
                transaction.insert("styler_jobs", [row])
                transaction.insert("styler_tasks", _tasks(id, job, contents, now))
                rows.log(transaction, now, id, "added")
        except ConflictError:  # by somebody else at this moment
            self.renew(id)
        return id

    def find(self, beginning: str) -> str:
        """The id that begins so."""
        query = "SELECT id FROM styler_jobs WHERE id LIKE :like ORDER BY id LIMIT 2"
        name = beginning.lower()
        known = name and all(c in "0123456789abcdef" for c in name)
        with self._database.transaction(write=False) as transaction:
            found = transaction.rows(query, like=f"{name}%") if known else []
        if len(found) != 1:
            what = "several jobs begin" if found else "no job begins"
            hint = "give more of it" if found else "`styler jobs list` shows them"
            raise InputError(f"{one_line(beginning)[:40]}: {what} so; {hint}")
        return str(found[0]["id"])

    def job(self, id: str) -> Job:
        """What was ordered, without its tasks."""
        query = "SELECT body FROM styler_jobs WHERE id = :id"
        with self._database.transaction(write=False) as transaction:
            found = transaction.rows(query, id=id)
        if not found:
            raise InputError(f"{id}: there is no such job")
        return from_text(found[0]["body"])

    def status(self, id: str, owner: str | None = None) -> Status:
        """How a job stands; with an ``owner``, of theirs."""
        found = self._status(id)
        if found is None or owner not in (None, found.owner):
            raise InputError(f"{one_line(id)[:40]}: there is no such job")
        return found

    def statuses(self) -> list[Status]:
        """How all jobs stand, the latest last."""
        with self._database.transaction(write=False) as transaction:
            return _statuses(transaction)

    def entries(self, id: str) -> list[Entry]:
        """How each picture of a job stands."""
        query = "SELECT * FROM styler_tasks WHERE job = :id ORDER BY number"
        with self._database.transaction(write=False) as transaction:
            return [rows.entry(row) for row in transaction.rows(query, id=id)]

    def log(self, id: str) -> list[Event]:
        """What happened to a job, in order."""
        query = "SELECT * FROM styler_log WHERE job = :id ORDER BY at"
        with self._database.transaction(write=False) as transaction:
            return [rows.event(row) for row in transaction.rows(query, id=id)]

    def ended(self, since: float) -> dict[State, int]:
        """How many pictures were over since then, by state."""
        query = (
            "SELECT state, COUNT(*) AS count FROM styler_tasks "
            "WHERE finished >= :since AND state IN ('done', 'failed') GROUP BY state"
        )
        with self._database.transaction(write=False) as transaction:
            return {row["state"]: row["count"] for row in transaction.rows(query, since=since)}

    def renew(self, id: str) -> None:
        """Queue again what of a job failed, was called off, or has lost its output."""
        self.status(id)
        self.retry(id)
        for entry in self.entries(id):
            if entry.state == "done" and not entry.output.exists():
                self._change(
                    id,
                    "output gone",
                    "UPDATE styler_tasks SET state = 'queued', due = :now, attempts = 0, "
                    "progress = 0, finished = NULL "
                    "WHERE job = :id AND number = :number AND state = 'done'",
                    number=entry.number,
                )

    def retry(self, id: str) -> int:
        """Queue again what failed or was called off; tells how many pictures."""
        return self._change(
            id,
            "retried by hand",
            "UPDATE styler_tasks SET state = 'queued', due = :now, attempts = 0, progress = 0, "
            "finished = NULL WHERE job = :id AND state IN ('failed', 'cancelled')",
        )

    def cancel(self, id: str) -> int:
        """Call off what is not over; tells how many pictures."""
        return self._change(
            id,
            "cancelled",
            "UPDATE styler_tasks SET state = 'cancelled', token = NULL, finished = :now "
            "WHERE job = :id AND state IN ('queued', 'running')",
        )

    def remove(self, id: str) -> None:
        """Forget a job; whoever paints for it stops."""
        with self._database.transaction() as transaction:
            for table, column in (("tasks", "job"), ("log", "job"), ("jobs", "id")):
                transaction.change(f"DELETE FROM styler_{table} WHERE {column} = :id", id=id)

    def outlived(self) -> list[str]:
        """The jobs that are over, and have been kept for as long as they were to be."""
        with self._database.transaction(write=False) as transaction:
            kept = _statuses(transaction, "WHERE j.keep IS NOT NULL")
        now = time.time()
        ended = ((status, status.finished, status.keep) for status in kept)
        return [s.id for s, end, keep in ended if end is not None and keep is not None
                and end + keep < now]  # fmt: skip

    def unfinished(self) -> int:
        """How many jobs are not over."""
        query = (
            "SELECT COUNT(DISTINCT job) AS count FROM styler_tasks "
            "WHERE state IN ('queued', 'running')"
        )
        with self._database.transaction(write=False) as transaction:
            return int(transaction.rows(query)[0]["count"])

    def announce(self, again: float) -> list[Status]:
        """The jobs whose end is to be told now; whoever asks next is not given them for so many
        seconds."""
        now, due = time.time(), []
        with self._database.transaction(write=False) as transaction:
            told = _statuses(transaction, "WHERE j.tell <= :now", now=now)
        for status in told:
            if status.over:
                statement = "UPDATE styler_jobs SET tell = :then WHERE id = :id AND tell <= :now"
                with self._database.transaction() as transaction:
                    if transaction.change(statement, then=now + again, now=now, id=status.id):
                        due.append(status)
        return due

    def postpone(self, id: str, seconds: float) -> None:
        """Tell the end of a job in so many seconds."""
        then = time.time() + seconds
        with self._database.transaction() as transaction:
            transaction.change("UPDATE styler_jobs SET tell = :at WHERE id = :id", at=then, id=id)

    def announced(self, id: str, outcome: str) -> None:
        """The end of a job has been told, or never will be."""
        with self._database.transaction() as transaction:
            transaction.change("UPDATE styler_jobs SET tell = NULL WHERE id = :id", id=id)
            rows.log(transaction, time.time(), id, "told", detail=one_line(outcome))

    def _status(self, id: str) -> Status | None:
        with self._database.transaction(write=False) as transaction:
            return next(iter(_statuses(transaction, "WHERE j.id = :id", id=id)), None)

    def _change(self, id: str, event: str, statement: str, **values: Any) -> int:
        now = time.time()
        with self._database.transaction() as transaction:
            changed = transaction.change(statement, id=id, now=now, **values)
            if changed:
                rows.log(transaction, now, id, event, detail=f"{changed} pictures")
                again = "UPDATE styler_jobs SET tell = :now WHERE id = :id AND webhook IS NOT NULL"
                transaction.change(again, now=now, id=id)
        return changed


def _tasks(id: str, job: Job, contents: Sequence[str], now: float) -> list[dict[str, Any]]:
    made = []
    for number, (task, content) in enumerate(zip(job.tasks, contents, strict=True)):
        assert isinstance(task.source, Path) and task.output is not None
        paths = {"source": rows.text(task.source), "output": rows.text(task.output)}
        fixed = {"state": "queued", "due": now, "attempts": 0, "progress": 0.0}
        made.append({"job": id, "number": number, **paths, "content": content, **fixed})
    return made


def _statuses(transaction: Transaction, where: str = "", **values: Any) -> list[Status]:
    found = transaction.rows(
        "SELECT j.id, j.owner, j.created, j.keep, j.webhook, t.state, COUNT(*) AS count, "
        "SUM(t.progress) AS progress, MAX(t.finished) AS finished "
        f"FROM styler_jobs j JOIN styler_tasks t ON t.job = j.id {where} "
        "GROUP BY j.id, j.owner, j.created, j.keep, j.webhook, t.state ORDER BY j.created, j.id",
        **values,
    )
    jobs: dict[str, list[Mapping[str, Any]]] = {}
    for row in found:
        jobs.setdefault(row["id"], []).append(row)
    return [_of(group) for group in jobs.values()]


def _of(group: Sequence[Mapping[str, Any]]) -> Status:
    """The status that the rows of one job tell, one for each state of its pictures."""
    first, counts = group[0], dict.fromkeys(STATES, 0)
    for row in group:
        counts[row["state"]] = row["count"]
    over = sum(counts[state] for state in ("failed", "cancelled"))
    part = sum(row["progress"] for row in group if row["state"] not in ("failed", "cancelled"))
    ended = None if counts["queued"] or counts["running"] else max(r["finished"] for r in group)
    return Status(
        first["id"],
        first["owner"],
        first["created"],
        counts,
        (part + over) / sum(counts.values()),
        ended,
        first["keep"],
        first["webhook"],
    )
