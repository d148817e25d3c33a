"""Webhooks go to hosts that are allowed, and nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from styler_server.webhooks import allowed, tell

from styler.jobs.queue import Queue, contents
from tests.jobs.queue.conftest import Ordered, ordered

__all__ = ["ordered"]


@pytest.mark.parametrize(
    ("url", "hosts", "whether"),
    [
        ("https://told.example/x?y", "told.example", True),
        ("http://TOLD.example", "told.example", True),
        ("https://a.told.example/", "*.told.example", True),
        ("http://told.example:8080/", "told.example:8080", True),
        ("http://told.example:8080/", "told.example", False),
        ("https://told.example/", "told.example:8080", False),
        ("https://told.example/", "*.told.example", False),
        ("https://nottold.example/", "told.example", False),
        ("https://told.example.evil.example/", "told.example", False),
        ("https://told.example@evil.example/", "told.example", False),
        ("https://evil.example#@told.example/", "told.example", False),
        ("https://user:word@told.example/", "told.example", False),
        ("https://told.example\r\nHost: evil/", "told.example", False),
        ("https://told.example:port/", "told.example", False),
        ("https://[told.example/", "told.example", False),
        ("ftp://told.example/", "told.example", False),
        ("//told.example/", "told.example", False),
        ("http://127.0.0.1/", "told.example", False),
        ("", "told.example", False),
        ("https://told.example/", "", False),
    ],
)
def test_hosts(url: str, hosts: str, whether: bool) -> None:
    assert allowed(url, tuple(filter(None, hosts.split(",")))) is whether


@contextmanager
def listening(status: int, location: str | None = None) -> Iterator[tuple[str, list[Any]]]:
    """An address that answers so, and what was posted there."""
    got: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            got.append((self.path, json.loads(self.rfile.read(length))))
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def finished(queue: Queue, job: Any, address: str) -> str:
    """A job that is over and of which nobody has been told."""
    id = queue.add(job, contents(job), webhook=f"http://{address}/told?it")
    queue.cancel(id)
    return id


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    queue = Queue.open(tmp_path / "jobs.sqlite")
    yield queue
    queue.close()


def test_told_once(queue: Queue, ordered: Ordered) -> None:
    with listening(204) as (address, got):
        id = finished(queue, ordered(), address)
        for _ in range(2):
            tell(queue, (address,))
    assert got == [("/told?it", {"id": id, "state": "cancelled"})]
    assert queue.log(id)[-1].detail == "answered 204"


def test_tried_again_and_given_up(
    queue: Queue, ordered: Ordered, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(500) as (address, got):
        id = finished(queue, ordered(), address)
        for _ in range(2):
            tell(queue, (address,))
        assert len(got) == 1
        for _ in range(2):
            queue.postpone(id, -1)
            tell(queue, (address,))
        assert len(got) == 3
        monkeypatch.setattr("styler_server.webhooks._PATIENCE", -1.0)
        queue.postpone(id, -1)
        for _ in range(2):
            tell(queue, (address,))
        assert len(got) == 4
    assert queue.log(id)[-1].detail == "given up: it was answered with 500"


def test_no_redirection_is_followed(queue: Queue, ordered: Ordered) -> None:
    with listening(200) as (other, elsewhere):
        with listening(307, f"http://{other}/") as (address, got):
            finished(queue, ordered(), address)
            tell(queue, (address,))
        assert (len(got), elsewhere) == (1, [])


def test_a_host_that_is_not_allowed_any_more(queue: Queue, ordered: Ordered) -> None:
    with listening(200) as (address, got):
        finished(queue, ordered(), address)
        tell(queue, ())
        assert got == []


def test_nobody_there(queue: Queue, ordered: Ordered) -> None:
    with listening(200) as (address, _):
        pass
    finished(queue, ordered(), address)
    tell(queue, (address,))
