"""The process: how it starts, drains, and ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import httpx
import numpy as np
import pytest
from styler_server.app import create_app
from styler_server.settings import Settings

from styler.errors import WeightsError
from styler.imaging import Picture, encode
from tests.server.conftest import Gate, pipeline_of, ready, serving, until
from tests.server.test_sockets import connect, form, head, paint, status


def test_drains_until_all_is_answered(gate: Gate) -> None:
    with serving(gate) as client, connect(client) as raw:
        ready(client)
        gate.open.clear()
        raw.sendall(head(len(form())) + form())
        assert gate.entered.wait(10)
        client.stop()  # type: ignore[attr-defined]
        until(lambda: client.get("/readyz").json()["status"] == "DRAINING")
        assert client.get("/readyz").status_code == 503
        refused = paint(client)
        assert refused.status_code == 503 and refused.json()["type"] == "/docs#stopping"
        assert refused.headers["retry-after"] and refused.headers["connection"] == "close"
        gate.open.set()
        assert status(raw.recv(100)) == 200
        until(lambda: client.ended == [None])  # type: ignore[attr-defined]


def test_past_the_grace_time_all_get_their_answer(gate: Gate) -> None:
    with serving(gate, grace_seconds=0.2) as client, connect(client) as a, connect(client) as b:
        ready(client)
        gate.open.clear()
        for raw in (a, b):
            raw.sendall(head(len(form())) + form())
        assert gate.entered.wait(10)
        client.stop()  # type: ignore[attr-defined]
        for raw in (a, b):
            assert status(raw.recv(100)) == 503
        gate.open.set()
        until(lambda: client.ended == [None])  # type: ignore[attr-defined]
    assert gate.painted == 1


def broken(settings: Settings) -> Any:
    raise WeightsError("there are no weights")


def test_without_a_model_it_ends(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    with serving(gate, broken) as client:
        until(lambda: client.ended == [3])  # type: ignore[attr-defined]
    assert "there are no weights" in caplog.text


def test_without_a_model_it_stays_if_told_to(gate: Gate) -> None:
    with serving(gate, broken, stay=True) as client:
        until(lambda: client.get("/readyz").json()["status"] == "FAILED")
        time.sleep(0.3)
        assert client.get("/livez").status_code == 200


def test_a_head_has_its_time(gate: Gate) -> None:
    with serving(gate, header_seconds=0.3) as client:
        ready(client)
        with connect(client) as silent, connect(client) as slow, connect(client) as good:
            slow.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n")
            gate.open.clear()
            good.sendall(head(len(form())) + form())
            for raw in (silent, slow):
                answer = raw.recv(2000)
                assert status(answer) == 408 and b"application/problem+json" in answer
                assert not raw.recv(1)
            gate.open.set()
            assert status(good.recv(100)) == 200


@pytest.mark.parametrize("reads", [False, True], ids=["deaf", "reading"])
def test_who_does_not_read_is_cut_off(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, reads: bool
) -> None:
    # Reading all takes longer, each pause in it far less, on a busy machine, too.
    monkeypatch.setattr("styler_server.protocol._PATIENCE", 1.5 if reads else 0.5)
    noise = np.random.default_rng(0).integers(0, 256, (1800, 1800, 3), np.uint8)
    sent, received = form(encode(Picture(noise), "png")), 0
    with serving(gate) as client, socket.socket() as raw:
        ready(client)
        state = client.server.lifespan.state["styler"]  # type: ignore[attr-defined]
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.settimeout(15)
        raw.connect((client.base_url.host, client.base_url.port))
        raw.sendall(head(len(sent), b"Connection: close\r\n") + sent)
        until(lambda: bool(state.sending))
        assert state.unread > 100_000
        if not reads:
            until(lambda: not state.sending)
        with contextlib.suppress(ConnectionError):
            while piece := raw.recv(1 << 14):
                received += len(piece)
                time.sleep(0.001)
        until(lambda: not state.sending)
        assert state.unread == 0
    assert (received > 1800 * 1800) is reads


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 99, b"GET\r\n\r\n", b"GET / HTTP/1.1\r\na b: c\r\n\r\n"],
    ids=["zeros", "no version", "a header's name"],
)
def test_what_is_no_request_gets_a_problem(gate: Gate, garbage: bytes) -> None:
    with serving(gate) as client, connect(client) as raw:
        ready(client)
        raw.sendall(garbage)
        answer = raw.recv(2000)
        assert status(answer) == 400
        assert b"application/problem+json" in answer and b'"/docs#unreadable-request"' in answer
        assert b"Content-Security-Policy" in answer or b"content-security-policy" in answer


def test_heads_without_end_are_cut_off(gate: Gate) -> None:
    with serving(gate) as client, connect(client) as raw:
        ready(client)
        with contextlib.suppress(ConnectionError):
            raw.sendall(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100_000)
            assert status(raw.recv(100)) == 400
        assert paint(client).status_code == 200


def test_the_state_reaches_whoever_runs_the_process(gate: Gate) -> None:
    app = create_app(Settings(), open_pipeline=pipeline_of(gate))

    async def run() -> None:
        async with app.router.lifespan_context(app) as state:
            assert state == {"styler": app.state.styler}

    asyncio.run(run())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_ends_with_status_0(workers: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = "from styler.cli import main; raise SystemExit(main())"
    arguments = ["serve", "--port", str(port), "--workers", str(workers), "--threads", "1"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STYLER_")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

            def answers() -> bool:
                assert process.poll() is None
                with contextlib.suppress(httpx.HTTPError):
                    return client.get("/readyz").status_code == 200
                return False

            until(answers, 60)
            assert client.get("/livez").status_code == 200
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert '"path": "/livez"' in out and "Traceback" not in err
