"""A SQL database behind a small face: SQLite by the standard library, any other by its URL.

Statements are written once, in the SQL that both know, with parameters as ``:name``.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from styler.errors import InputError, MissingDependencyError, StorageError, one_line

__all__ = ["ConflictError", "Database", "Transaction", "open_database"]

_PATIENCE = 60  # seconds that a writer waits for the others


class ConflictError(Exception):
    """A row of this key is there already."""


class Transaction:
    """Statements that take effect together or not at all."""

    def __init__(self, execute: Callable[[str, Any], Any]) -> None:
        self._execute = execute

    def rows(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        """What a query finds."""
        cursor = self._execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def change(self, statement: str, **values: Any) -> int:
        """How many rows a statement changed."""
        return int(self._execute(statement, values).rowcount)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add rows, at least one, that have the same columns.

        Raises:
            ConflictError: one is there already.
        """
        marks = ", ".join(f":{name}" for name in rows[0])
        self._execute(f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({marks})", rows)


class Database(Protocol):
    """Where the queue is kept.

    Attributes:
        name: for errors, without a password.
        skip_locked: ends a query whose rows are to be changed: what others change is left out.
        long_text: the type of a column for texts of any length.
    """

    name: str
    skip_locked: str
    long_text: str

    def transaction(self, *, write: bool = True) -> AbstractContextManager[Transaction]:
        """Statements that are committed at the end, or rolled back by an exception.

        Raises:
            StorageError: the database cannot be reached, read or written.
        """

    def close(self) -> None:
        """Let go of it."""


def open_database(where: str | Path) -> Database:
    """The database at a URL, or in a SQLite file, which is made where there is none.

    Raises:
        InputError: it is no database, or its URL cannot be understood.
        MissingDependencyError: a URL needs the ``queue`` install.
        StorageError: it cannot be opened.
    """
    text = str(where)
    if "://" not in text:
        return _File(Path(text))
    if text.startswith("sqlite:///"):
        return _File(Path(text.removeprefix("sqlite:///")))
    return _Server(text)


class _File:
    """SQLite: one file, readers beside one writer (WAL), each commit on the disk (FULL)."""

    skip_locked = ""  # there is one writer at a time
    long_text = "TEXT"

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._lock = threading.Lock()
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Transaction]:
        with self._lock, self._told():
            connection = self._connection

            def execute(statement: str, values: Any) -> sqlite3.Cursor:
                many = isinstance(values, list)
                return (connection.executemany if many else connection.execute)(statement, values)

            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield Transaction(execute)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise ConflictError from error
        except sqlite3.OperationalError as error:
            raise _failed(self.name, error) from error
        except sqlite3.DatabaseError as error:
            raise InputError(f"{self.name}: is no queue ({error}); give another file") from error


class _Server:
    """Whatever SQLAlchemy knows, by its URL."""

    def __init__(self, url: str) -> None:
        try:
            import sqlalchemy
            from sqlalchemy.exc import ArgumentError, NoSuchModuleError
        except ImportError as error:
            raise MissingDependencyError(
                f'a queue at a URL needs {error.name}; pip install "styler[queue]"'
            ) from None
        try:
            parsed = sqlalchemy.make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+psycopg")
            self.name = parsed.render_as_string(hide_password=True)
            self._engine = sqlalchemy.create_engine(
                parsed, isolation_level="READ COMMITTED", pool_pre_ping=True
            )
        except (ArgumentError, NoSuchModuleError, ValueError) as error:
            form = "postgresql://user:password@host/database"
            raise InputError(f"no queue has such a URL ({error}); give such as {form}") from None
        except ImportError as error:
            raise MissingDependencyError(
                f"{self.name}: its driver {error.name} is not installed; install it"
            ) from None
        self._sql = sqlalchemy
        large = self._engine.dialect.name in ("mysql", "mariadb")
        self.long_text = "LONGTEXT" if large else "TEXT"
        self.skip_locked = " FOR UPDATE SKIP LOCKED"

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Transaction]:
        errors = self._sql.exc
        try:
            with self._engine.begin() as connection:

                def execute(statement: str, values: Any) -> Any:
                    result = connection.execute(self._sql.text(statement), values)
                    return result.cursor if result.returns_rows else result

                yield Transaction(execute)
        except errors.IntegrityError as error:
            raise ConflictError from error
        except errors.SQLAlchemyError as error:
            raise _failed(self.name, getattr(error, "orig", None) or error) from error

    def close(self) -> None:
        self._engine.dispose()


def _failed(name: str, error: BaseException) -> StorageError:
    reason = one_line(" ".join(str(error).split()))
    return StorageError(f"{name}: the queue cannot be used ({reason}); see to the database")
