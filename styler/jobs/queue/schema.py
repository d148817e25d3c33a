"""The tables: jobs, their tasks (a picture each), and a log of what happened to them.

Times are seconds since 1970 by the clock of whoever writes.
"""

from __future__ import annotations

from .database import ConflictError, Database

__all__ = ["make"]

_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS styler_jobs (
        id VARCHAR(32) NOT NULL PRIMARY KEY,
        owner VARCHAR(64) NOT NULL,
        body {long} NOT NULL,
        created DOUBLE PRECISION NOT NULL,
        keep DOUBLE PRECISION,
        webhook VARCHAR(2000),
        tell DOUBLE PRECISION
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS styler_tasks (
        job VARCHAR(32) NOT NULL,
        number INTEGER NOT NULL,
        source {long} NOT NULL,
        output {long} NOT NULL,
        content VARCHAR(64) NOT NULL,
        state VARCHAR(9) NOT NULL,
        due DOUBLE PRECISION NOT NULL,
        attempts INTEGER NOT NULL,
        worker VARCHAR(200),
        token VARCHAR(32),
        expires DOUBLE PRECISION,
        progress DOUBLE PRECISION NOT NULL,
        written VARCHAR(64),
        facts {long},
        error {long},
        finished DOUBLE PRECISION,
        PRIMARY KEY (job, number)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS styler_log (
        at DOUBLE PRECISION NOT NULL,
        job VARCHAR(32) NOT NULL,
        number INTEGER,
        event VARCHAR(16) NOT NULL,
        worker VARCHAR(200),
        detail {long}
    )
    """,
    "CREATE INDEX IF NOT EXISTS styler_tasks_due ON styler_tasks (state, due, job, number)",
    "CREATE INDEX IF NOT EXISTS styler_tasks_job ON styler_tasks (job, state)",
    "CREATE INDEX IF NOT EXISTS styler_log_job ON styler_log (job, at)",
)


def make(database: Database) -> None:
    """Make the tables where there are none."""
    try:
        _make(database)
    except ConflictError:  # another process makes them at this moment
        _make(database)


def _make(database: Database) -> None:
    with database.transaction() as transaction:
        for statement in _TABLES:
            transaction.change(statement.format(long=database.long_text))
