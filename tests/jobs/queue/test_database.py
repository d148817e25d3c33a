"""What is no database is told in a line; transactions are whole or nothing."""

import sys
from pathlib import Path

import pytest

from styler.errors import InputError, MissingDependencyError, StorageError
from styler.jobs.queue.database import ConflictError, open_database


def test_another_file_is_no_queue(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"\xff\xd8 no database" * 100)
    with pytest.raises(InputError, match=r"photo\.jpg: is no queue .*; give another file"):
        open_database(path)


def test_a_folder_that_cannot_be_had(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="the queue cannot be used"):
        open_database(tmp_path)


@pytest.mark.parametrize("url", ["nonsense://host/jobs", "postgresql://host:port/jobs"])
def test_urls_that_mean_nothing(url: str) -> None:
    pytest.importorskip("sqlalchemy")
    with pytest.raises(InputError, match="no queue has such a URL"):
        open_database(url)


def test_a_driver_that_is_not_there() -> None:
    pytest.importorskip("sqlalchemy")
    with pytest.raises(MissingDependencyError, match="its driver MySQLdb is not installed"):
        open_database("mysql://host/jobs")


def test_a_url_needs_the_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingDependencyError, match=r"pip install \"styler\[queue\]\""):
        open_database("postgresql://host/jobs")


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    database = open_database(f"postgresql://me:secret@/jobs?host={tmp_path}")
    used = database.transaction()
    with pytest.raises(StorageError, match="the queue cannot be used") as caught, used:
        pass
    assert "secret" not in str(caught.value)
    database.close()


def test_the_scheme_of_sqlite_is_a_file(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/jobs.sqlite").close()
    assert (tmp_path / "jobs.sqlite").exists()


def test_all_or_nothing(where: str) -> None:
    database = open_database(where)
    with database.transaction() as transaction:
        transaction.change("CREATE TABLE IF NOT EXISTS styler_log (number INTEGER PRIMARY KEY)")
        transaction.insert("styler_log", [{"number": 1}, {"number": 2}])
    with pytest.raises(ZeroDivisionError), database.transaction() as transaction:
        assert transaction.change("DELETE FROM styler_log") == 2
        raise ZeroDivisionError
    with pytest.raises(ConflictError), database.transaction() as transaction:
        transaction.insert("styler_log", [{"number": 3}, {"number": 1}])
    with database.transaction(write=False) as transaction:
        found = transaction.rows("SELECT number FROM styler_log ORDER BY number")
    assert found == [{"number": 1}, {"number": 2}]
    database.close()
