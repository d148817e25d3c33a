"""Queues of tiny pictures, in SQLite and in a PostgreSQL server of the tests' own."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from styler.jobs import Job, Recipe, plan
from styler.jobs.queue import Queue, contents, held
from styler.jobs.queue.database import open_database
from tests import postgres
from tests.cli.pictures import save

RECIPE = Recipe((("monet-impression", 1.0),))

Ordered = Callable[..., Job]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "jobs.sqlite")
    url: str = request.getfixturevalue("postgres_url")
    database = open_database(url)
    with database.transaction() as transaction:
        for table in ("jobs", "tasks", "log"):
            transaction.change(f"DROP TABLE IF EXISTS styler_{table}")
    database.close()
    return url


@pytest.fixture
def queue(where: str) -> Iterator[Queue]:
    with contextlib.closing(Queue.open(where)) as queue:
        yield queue


@pytest.fixture
def ordered(tmp_path: Path) -> Ordered:
    """A job of so many photos, ready to be queued."""

    def order(count: int = 1, folder: str = "painted", recipe: Recipe = RECIPE) -> Job:
        photos = [save(tmp_path / "photos" / f"{n:03}.png", 8, 6, seed=n) for n in range(count)]
        return held(plan(recipe, [str(photo) for photo in photos], f"{tmp_path / folder}/"))

    return order


@pytest.fixture
def added(queue: Queue, ordered: Ordered) -> Callable[..., str]:
    """Queue such a job; its id."""

    def add(*arguments: int | str) -> str:
        job = ordered(*arguments)
        for task in job.tasks:
            assert task.output is not None
            task.output.parent.mkdir(exist_ok=True)
        return queue.add(job, contents(job))

    return add
