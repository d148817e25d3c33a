"""The same server behind a real socket on the loopback address."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.server.conftest import Gate, decoded, listening, picture, until

Listen = Callable[..., contextlib.AbstractContextManager[httpx.Client]]


@pytest.fixture
def listen(gate: Gate) -> Listen:
    return lambda **values: listening(gate, **values)


def requests(client: httpx.Client) -> int:
    return client.get("/readyz").json()["requests"]


def form(content: bytes = b"") -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="preset"\r\n\r\nwheatfield\r\n'
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="a.png"\r\n\r\n'
        + (content or picture())
        + b"\r\n--x--\r\n"
    )


def connect(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=15)


def head(length: int, extra: bytes = b"") -> bytes:
    return (
        b"POST /v1/stylize HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: %d\r\n%s\r\n" % (length, extra)
    )


def status(answer: bytes) -> int:
    return int(answer.split()[1])


def paint(client: httpx.Client) -> httpx.Response:
    return client.post(
        "/v1/stylize", files={"content": ("a.png", picture())}, data={"preset": "wheatfield"}
    )


def test_paints(listen: Listen) -> None:
    with listen() as client:
        response = paint(client)
    assert response.status_code == 200
    assert decoded(response.content).size == (24, 16)


def test_answers_while_it_paints(listen: Listen, gate: Gate) -> None:
    with listen() as client, connect(client) as raw:
        gate.open.clear()
        body = form()
        raw.sendall(head(len(body)) + body)
        assert gate.entered.wait(10)
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").json()["requests"] == 1
        gate.open.set()
        assert status(raw.recv(100)) == 200


def test_declared_length_is_refused_before_it_is_sent(listen: Listen) -> None:
    with listen(max_bytes=10_000) as client, connect(client) as raw:
        raw.sendall(head(10**12) + b"--x")
        assert status(raw.recv(100)) == 413
        assert requests(client) == 0


def test_an_uploader_gets_to_read_the_refusal(listen: Listen) -> None:
    with listen(max_bytes=60_000) as client:
        for _ in range(3):
            with connect(client) as raw:  # sends all before it reads anything, as browsers do
                raw.sendall(head(8_000_000) + b"\0" * 8_000_000)
                assert status(raw.recv(100)) == 413
        assert paint(client).status_code == 200


def test_a_stalled_upload_is_cut_off_and_in_nobodys_way(listen: Listen) -> None:
    with listen(upload_seconds=0.2, queue=0) as client, connect(client) as raw:
        raw.sendall(head(1000) + b"--x\r\n")
        assert paint(client).status_code == 200  # it has no place until it is there
        assert status(raw.recv(100)) == 408
        assert paint(client).status_code == 200


def test_refusal_comes_instead_of_100_continue(listen: Listen, gate: Gate) -> None:
    with listen(queue=0) as client, connect(client) as first, connect(client) as second:
        gate.open.clear()
        body = form()
        first.sendall(head(len(body)) + body)
        assert gate.entered.wait(10)
        second.sendall(head(len(body), b"Expect: 100-continue\r\n"))
        assert status(second.recv(100)) == 429
        gate.open.set()
        assert status(first.recv(100)) == 200


def test_a_client_that_leaves_while_waiting_is_not_painted_for(listen: Listen, gate: Gate) -> None:
    with listen(queue=1) as client, connect(client) as first:
        gate.open.clear()
        body = form()
        first.sendall(head(len(body)) + body)
        assert gate.entered.wait(10)
        with connect(client) as second:
            second.sendall(head(len(body)) + body)
            until(lambda: requests(client) == 2)
        until(lambda: requests(client) == 1)
        gate.open.set()
        assert status(first.recv(100)) == 200
        until(lambda: requests(client) == 0)
        assert gate.painted == 1


def test_a_client_that_leaves_while_painted_frees_the_turn_when_it_ends(
    listen: Listen, gate: Gate
) -> None:
    with listen(queue=1) as client:
        gate.open.clear()
        body = form()
        with connect(client) as raw:
            raw.sendall(head(len(body)) + body)
            assert gate.entered.wait(10)
        time.sleep(0.1)
        assert requests(client) == 1  # the job still runs, so the place is still taken
        gate.open.set()
        until(lambda: requests(client) == 0)
        assert paint(client).status_code == 200
        assert gate.most == 1


def test_a_client_that_leaves_while_uploading_frees_its_place(listen: Listen) -> None:
    with listen(queue=0) as client:
        for _ in range(20):
            with connect(client) as raw:
                raw.sendall(head(100_000) + b"--x\r\nContent-Disp")
        until(lambda: requests(client) == 0)
        assert paint(client).status_code == 200


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 200, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"POST / HTTP/9.9\r\n\r\n",
     b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
     b"POST /v1/stylize HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\n"],
)  # fmt: skip
def test_garbage_on_the_wire(listen: Listen, garbage: bytes) -> None:
    with listen() as client:
        with connect(client) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            answer = raw.recv(1000)
            assert not answer or 400 <= status(answer) < 500
        assert paint(client).status_code == 200


def test_many_at_once_all_get_an_answer(listen: Listen, gate: Gate) -> None:
    statuses: list[int] = []
    with listen(queue=3) as client:
        limit = threading.Barrier(12)

        def one() -> None:
            limit.wait(10)
            statuses.append(paint(client).status_code)

        threads = [threading.Thread(target=one) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert requests(client) == 0
    assert len(statuses) == 12 and set(statuses) <= {200, 429}
    assert statuses.count(200) == gate.painted >= 4
    assert gate.most == 1


def test_stopping_lets_the_last_painting_finish(listen: Listen, gate: Gate) -> None:
    with listen() as client, connect(client) as raw:
        gate.open.clear()
        body = form()
        raw.sendall(head(len(body)) + body)
        assert gate.entered.wait(10)
        client.server.should_exit = True  # type: ignore[attr-defined]
        time.sleep(0.1)
        gate.open.set()
        assert status(raw.recv(100)) == 200


def test_healthcheck_says_whether_the_server_is_ready(listen: Listen) -> None:
    def check(port: int) -> int:
        script = Path(__file__).parents[2] / "container" / "healthcheck"
        environment = {**os.environ, "STYLER_PORT": str(port)}
        return subprocess.run(
            ["bash", str(script)], env=environment, timeout=30, stderr=subprocess.DEVNULL
        ).returncode

    with listen() as client:
        port = client.base_url.port
        assert port and check(port) == 0
    assert check(port) == 1
