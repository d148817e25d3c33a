"""What a worker needs of the queue: a picture to paint, for as long as it gives signs of life.

A lease ends by itself, and then the picture is another's; the token that came with it is good for
nothing any more. So of all workers that ever held a picture one writes it, in the same transaction
that tells so.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from styler import files
from styler.errors import StylerError, one_line

from . import rows
from .database import Database, Transaction
from .held import digest

__all__ = ["ATTEMPTS", "Lease", "LeaseLostError", "Leases"]

ATTEMPTS = 5
"""Times that a picture is begun before it counts as failed."""

_PAUSE = 2.0  # seconds before a second attempt; twice as many before each further one
_ABANDONED = "its worker was lost"

_MINE = "job = :job AND number = :number AND token = :token"


class LeaseLostError(StylerError):
    """The picture is another worker's by now, or nobody's."""


@dataclass(frozen=True)
class Lease:
    """A picture that one worker may paint.

    Attributes:
        job, number: which one.
        token: of this lease alone.
        worker: that has it.
        source, output: which file is to become which.
        content: SHA-256 of the source as it was ordered.
        attempt: from 1.
        written: SHA-256 of what an earlier worker was about to put at ``output``.
        seconds: from one sign of life to the end.
    """

    job: str
    number: int
    token: str
    worker: str
    source: Path
    output: Path
    content: str
    attempt: int
    written: str | None
    seconds: float

    @property
    def key(self) -> dict[str, Any]:
        return {"job": self.job, "number": self.number, "token": self.token}


class Leases:
    """The queue as workers see it. Any number of threads and processes may share a database.

    Methods raise `StorageError` where it cannot be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, worker: str, *, seconds: float = 60.0) -> Lease | None:
        """The picture whose turn it is, or ``None``: one whose worker gave no sign of life before
        one that is new.

        Args:
            worker: a name for the log, and for :meth:`take_back`.
            seconds: the lease ends so long after the last :meth:`renew`.
        """
        now = time.time()
        with self._database.transaction() as transaction:
            while row := self._next(transaction, now):
                if row["attempts"] < ATTEMPTS:
                    return self._lease(transaction, row, worker, now, seconds)
                key = {"job": row["job"], "number": row["number"]}
                self._fail(transaction, key, worker, f"{_ABANDONED} {ATTEMPTS} times")
        return None

    def renew(
        self, lease: Lease, progress: float = 0.0, facts: Mapping[str, Any] | None = None
    ) -> bool:
        """Give a sign of life, and tell how far it is, 0 to 1; false where the lease has ended.
        ``facts`` are what else is known by now, as plain values."""
        sets = "expires = :expires, progress = :progress, facts = :facts"
        told = {"expires": time.time() + lease.seconds, "progress": progress}
        with self._database.transaction() as transaction:
            return bool(
                transaction.change(
                    f"UPDATE styler_tasks SET {sets} WHERE {_MINE}",
                    facts=json.dumps(facts or {}),
                    **told,
                    **lease.key,
                )
            )

    def put(
        self,
        lease: Lease,
        temporary: Path,
        *,
        force: bool = False,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Put the finished file at the output, and tell that the picture is done: both or neither.

        Args:
            lease: must still hold.
            temporary: a whole file in the output's folder.
            force: whether it may take the place of another.
            facts: of what was painted, as plain values.

        Raises:
            LeaseLostError: the lease has ended; nothing is put anywhere.
            FileExistsError: there is a file, and not ``force``.
        """
        statement = f"UPDATE styler_tasks SET written = :written WHERE {_MINE}"
        written = digest(temporary)
        with self._database.transaction() as transaction:
            if not transaction.change(statement, written=written, **lease.key):
                raise _lost(lease)
        with self._database.transaction() as transaction:
            self._done(transaction, lease, facts)
            files.place(temporary, lease.output, force or _claimed(lease))
            files.sync_folder(lease.output.parent)

    def found(self, lease: Lease) -> bool:
        """Whether an earlier worker put the output there, and could not tell; it is told now.

        Raises:
            LeaseLostError: the lease has ended.
        """
        with suppress(OSError):
            if lease.written is None or digest(lease.output) != lease.written:
                return False
            with self._database.transaction() as transaction:
                self._done(transaction, lease, None)
            return True
        return False

    def give_up(self, lease: Lease, reason: str, *, again: bool) -> bool:
        """Tell that painting failed, and whether it may succeed another time; false where the
        lease has ended."""
        error = one_line(reason)
        sets = "state = 'queued', token = NULL, progress = 0, due = :due, error = :error"
        due = time.time() + _PAUSE * 2 ** (lease.attempt - 1)
        with self._database.transaction() as transaction:
            if again and lease.attempt < ATTEMPTS:
                told = {"worker": lease.worker, "detail": error, "due": due, "error": error}
                return self._ended(transaction, lease.key, sets, "retried", **told)
            return self._fail(transaction, lease.key, lease.worker, error)

    def give_back(self, lease: Lease) -> None:
        """Let another worker have it, as though it had not been begun."""
        sets = "state = 'queued', token = NULL, progress = 0, attempts = attempts - 1"
        with self._database.transaction() as transaction:
            self._ended(transaction, lease.key, sets, "given back", worker=lease.worker)

    def take_back(self, worker: str) -> None:
        """End the leases of a worker that is known to be dead."""
        statement = (
            "UPDATE styler_tasks SET expires = 0 WHERE state = 'running' AND worker = :worker"
        )
        with self._database.transaction() as transaction:
            transaction.change(statement, worker=worker)

    def left(self) -> bool:
        """Whether anything is queued or running."""
        query = "SELECT 1 AS one FROM styler_tasks WHERE state IN ('queued', 'running') LIMIT 1"
        with self._database.transaction(write=False) as transaction:
            return bool(transaction.rows(query))

    def _next(self, transaction: Transaction, now: float) -> Mapping[str, Any] | None:
        for which in ("state = 'running' AND expires < :now", "state = 'queued' AND due <= :now"):
            found = transaction.rows(
                f"SELECT * FROM styler_tasks WHERE {which} "
                f"ORDER BY due, job, number LIMIT 1{self._database.skip_locked}",
                now=now,
            )
            if found:
                return found[0]
        return None

    def _lease(
        self,
        transaction: Transaction,
        row: Mapping[str, Any],
        worker: str,
        now: float,
        seconds: float,
    ) -> Lease:
        key = {"job": row["job"], "number": row["number"]}
        if row["state"] == "running":
            rows.log(transaction, now, **key, event="lost", worker=row["worker"], detail=_ABANDONED)
        token = uuid.uuid4().hex
        transaction.change(
            "UPDATE styler_tasks SET state = 'running', token = :token, worker = :worker, "
            "expires = :expires, attempts = attempts + 1, progress = 0 "
            "WHERE job = :job AND number = :number",
            **key,
            token=token,
            worker=worker,
            expires=now + seconds,
        )
        rows.log(transaction, now, **key, event="leased", worker=worker)
        return Lease(
            **key,
            token=token,
            worker=worker,
            source=rows.path(row["source"]),
            output=rows.path(row["output"]),
            content=row["content"],
            attempt=row["attempts"] + 1,
            written=row["written"],
            seconds=seconds,
        )

    def _done(
        self, transaction: Transaction, lease: Lease, facts: Mapping[str, Any] | None
    ) -> None:
        if not self._ended(
            transaction,
            lease.key,
            "state = 'done', finished = :now, token = NULL, error = NULL, progress = 1, "
            "facts = :facts",
            "done",
            worker=lease.worker,
            detail="found" if facts is None else "painted",
            facts=json.dumps(facts or {}),
        ):
            raise _lost(lease)

    def _fail(
        self, transaction: Transaction, key: Mapping[str, Any], worker: str, reason: str
    ) -> bool:
        sets = "state = 'failed', finished = :now, token = NULL, error = :error"
        error = one_line(reason)
        told = {"worker": worker, "detail": error, "error": error}
        return self._ended(transaction, key, sets, "failed", **told)

    def _ended(
        self,
        transaction: Transaction,
        key: Mapping[str, Any],
        sets: str,
        event: str,
        *,
        worker: str,
        detail: str | None = None,
        **values: Any,
    ) -> bool:
        """Change the row of a lease that still holds, and log it; tell whether it did."""
        mine = _MINE if "token" in key else "job = :job AND number = :number"
        now, statement = time.time(), f"UPDATE styler_tasks SET {sets} WHERE {mine}"
        values |= {"now": now} if ":now" in sets else {}
        changed = transaction.change(statement, **values, **key)
        if changed:
            job, number = key["job"], key["number"]
            told = {"number": number, "worker": worker, "detail": detail}
            rows.log(transaction, now, job, event, **told)
        return bool(changed)


def _lost(lease: Lease) -> LeaseLostError:
    return LeaseLostError(f"{lease.source}: is another worker's by now; it goes on there")


def _claimed(lease: Lease) -> bool:
    """Whether all that is at the output is the name that an earlier worker had claimed."""
    with suppress(OSError):
        return lease.written is not None and lease.output.stat().st_size == 0
    return False


def worker_name(number: int = 0) -> str:
    """A name that no other worker has."""
    import socket

    return f"{socket.gethostname()[:80]}-{os.getpid()}-{number}-{uuid.uuid4().hex[:6]}"
