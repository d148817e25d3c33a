"""Answers as events: order, end, refusals, and who hangs up."""

from __future__ import annotations

import base64
import json
import logging
import threading
from typing import Any

import httpx
import pytest
from styler_server import events

from styler.errors import ImageError
from tests.server.conftest import Gate, Serve, decoded, picture, ready, serving, until
from tests.server.test_hostile import problem
from tests.server.test_sockets import connect, form, head, requests

pytestmark = pytest.mark.anyio

ASKED = {"Accept": events.MEDIA_TYPE}
FORM: dict[str, Any] = {
    "files": {"content": ("photo.png", picture())},
    "data": {"preset": "wheatfield"},
}


def parsed(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and data of each event."""
    found = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
        if lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


async def test_a_quick_one_is_a_single_event(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_TICK", 20)  # quick however much else the machine does
    async with serve() as client:
        plain = await client.post("/v1/stylize", **FORM)
        answer = await client.post("/v1/stylize", headers=ASKED, **FORM)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(events.MEDIA_TYPE)
    ((name, told),) = parsed(answer.text)
    assert name == "painted"
    assert base64.b64decode(told.pop("picture")) == plain.content
    assert told == {
        "name": "photo-wheatfield.png", "type": "image/png", "etag": plain.headers["etag"],
    }  # fmt: skip


async def test_the_format_is_the_fields_or_that_of_the_rest_of_accept(serve: Serve) -> None:
    async with serve() as client:
        for accept, field, kind in (
            ("text/event-stream", "webp", "webp"),
            ("text/event-stream, image/jpeg", "", "jpeg"),
            ("text/event-stream;q=0.1, image/webp, */*;q=0.1", "", "webp"),
        ):
            data = {**FORM["data"], "format": field}
            answer = await client.post(
                "/v1/stylize", headers={"Accept": accept}, files=FORM["files"], data=data
            )
            _, told = parsed(answer.text)[-1]
            assert told["type"] == f"image/{kind}"
            assert decoded(base64.b64decode(told["picture"])).format == kind.upper()
        unwanted = {"Accept": "text/event-stream;q=0, image/png"}
        answer = await client.post("/v1/stylize", headers=unwanted, **FORM)
        assert answer.headers["content-type"] == "image/png"


async def test_what_is_refused_at_once_is_no_stream(serve: Serve, gate: Gate) -> None:
    async with serve() as client:
        bad = {"files": FORM["files"], "data": {"preset": "nothing"}}
        problem(await client.post("/v1/stylize", headers=ASKED, **bad), 422)
        gate.failure = ImageError("content: damaged")
        problem(await client.post("/v1/stylize", headers=ASKED, **FORM), 422)


def stream(client: httpx.Client, then: Any = lambda name: None) -> list[tuple[str, dict[str, Any]]]:
    """All events of a painting; ``then`` is told each block as it comes."""
    text = ""
    with client.stream("POST", "/v1/stylize", headers=ASKED, **FORM) as answer:
        assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
        for piece in answer.iter_text():
            text += piece
            then(text)
    return parsed(text)


def test_a_long_one_tells_of_queue_and_painting(gate: Gate) -> None:
    with serving(gate) as client, connect(client) as first:
        ready(client)
        gate.open.clear()
        first.sendall(head(len(form())) + form())
        assert gate.entered.wait(10)
        told = stream(client, lambda text: "before" in text and gate.open.set())
    assert told[0] == ("waiting", {"before": 1})
    assert told[-1][0] == "painted" and {name for name, _ in told} <= {
        "waiting", "painting", "painted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("failure", "status"), [(ImageError("content: damaged"), 422), (KeyError("secret"), 500)]
)
def test_a_late_problem_is_the_last_event(
    gate: Gate, failure: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "styler.access")
    with serving(gate) as client:
        ready(client)
        gate.failure = failure
        gate.open.clear()
        told = stream(client, lambda text: gate.open.set())
        assert told[0] == ("painting", {"step": "paint", "percent": 44})
        assert told[-1][0] == "problem" and told[-1][1]["status"] == status
        assert "secret" not in json.dumps(told)
    lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == "styler.access"]
    assert lines[-1]["status"] == status
    assert lines[-1]["outcome"] == ("refused" if status == 422 else "failed")
    assert (status == 500) == ("secret" in caplog.text)


def test_who_hangs_up_is_not_painted_for(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "styler.access")
    with serving(gate) as client, connect(client) as first:
        ready(client)
        gate.open.clear()
        first.sendall(head(len(form())) + form())
        assert gate.entered.wait(10)
        with connect(client) as second:
            second.sendall(head(len(form()), b"Accept: text/event-stream\r\n") + form())
            assert b"event: waiting" in second.recv(4000) + second.recv(4000)
            assert requests(client) == 2
        until(lambda: requests(client) == 1)
        gate.open.set()
        until(lambda: requests(client) == 0)
    assert gate.painted == 1
    assert any('"hung up"' in record.getMessage() for record in caplog.records)


def test_stopping_is_told_in_the_stream(gate: Gate) -> None:
    with serving(gate, grace_seconds=0.2) as client:
        ready(client)
        gate.open.clear()
        stop = threading.Timer(0.5, client.stop)  # type: ignore[attr-defined]
        stop.start()
        told = stream(client)
        stop.join()
        gate.open.set()
    assert told[-1][0] == "problem" and told[-1][1]["type"] == "/docs#stopping"
    assert told[-1][1]["retry_after"] == 5


def test_a_large_value_is_the_same_piece_by_piece() -> None:
    value = bytes(range(256)) * 3000
    whole = b"".join(events.with_bytes("painted", {"name": '""', "note": "a\nb"}, "picture", value))
    ((name, told),) = parsed(whole.decode())
    assert (name, told["name"], told["note"]) == ("painted", '""', "a\nb")
    assert base64.b64decode(told["picture"]) == value
