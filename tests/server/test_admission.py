"""One job at a time, a queue of bounded length, and a loop that stays free."""

from __future__ import annotations

import asyncio
import threading

import pytest
from styler_server.admission import Admission
from styler_server.problems import Problem

from tests.server.conftest import Gate, Serve, picture
from tests.server.test_hostile import post, problem

pytestmark = pytest.mark.anyio


async def entered(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.entered.wait, 10)


async def test_queue_is_bounded_and_refuses_at_once(serve: Serve, gate: Gate) -> None:
    async with serve(queue=2) as client:
        gate.open.clear()
        inside = [asyncio.create_task(post(client, preset="wheatfield")) for _ in range(3)]
        await entered(gate)
        ready = (await client.get("/readyz")).json()
        assert ready == {"status": "BUSY", "requests": 3, "capacity": 3}
        refused = await post(client, preset="wheatfield")  # while the gate is shut
        assert problem(refused, 429)["type"] == "/docs#queue-full"
        assert int(refused.headers["retry-after"]) >= 1
        gate.open.set()
        assert [r.status_code for r in await asyncio.gather(*inside)] == [200] * 3
        assert (await client.get("/readyz")).json()["status"] == "READY"
    assert gate.most == 1
    assert gate.painted == 3


async def test_refusal_does_not_wait_for_the_body(serve: Serve, gate: Gate) -> None:
    async with serve(queue=0) as client:
        gate.open.clear()
        first = asyncio.create_task(post(client, preset="wheatfield"))
        await entered(gate)
        app = client._transport.app  # the status must come before the first byte is asked for
        sent = []

        async def receive():
            assert sent, "the body was read before the answer"
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/stylize",
            "query_string": b"",
            "headers": [
                (b"content-type", b"multipart/form-data; boundary=x"),
                (b"content-length", b"1000"),
            ],
        }
        await app(scope, receive, send)
        assert sent[0]["status"] == 429
        gate.open.set()
        assert (await first).status_code == 200


async def test_waiting_has_an_end(serve: Serve, gate: Gate) -> None:
    async with serve(queue=1, wait_seconds=0.05) as client:
        gate.open.clear()
        first = asyncio.create_task(post(client, preset="wheatfield"))
        await entered(gate)
        late = await post(client, preset="wheatfield")
        assert problem(late, 503)["type"] == "/docs#wait-timeout"
        assert "retry-after" in late.headers
        gate.open.set()
        assert (await first).status_code == 200


async def test_the_loop_answers_while_a_job_runs(serve: Serve, gate: Gate) -> None:
    async with serve() as client:
        gate.open.clear()
        painting = asyncio.create_task(post(client, preset="wheatfield"))
        await entered(gate)
        for path in ("/livez", "/readyz", "/v1/styles", "/openapi.json"):
            assert (await client.get(path)).status_code == 200
        assert (await client.get("/readyz")).json()["status"] == "READY"  # there is a queue yet
        assert not painting.done()
        gate.open.set()
        assert (await painting).status_code == 200


async def test_places_are_given_back_whatever_happens(serve: Serve, gate: Gate) -> None:
    async with serve(queue=1) as client:
        for content in (b"", picture(), b"\xff\xd8\xff", picture()):
            await post(client, content, preset="wheatfield")
        gate.failure = RuntimeError()
        await post(client, preset="wheatfield")
        assert (await client.get("/readyz")).json()["requests"] == 0


async def test_a_cancelled_job_keeps_the_turn_until_it_ends() -> None:
    admission = Admission(queue=1, wait=10)
    started, finish, abandoned = threading.Event(), threading.Event(), threading.Event()

    def job() -> None:
        started.set()
        finish.wait(10)

    first = asyncio.create_task(admission.run(job, abandon=abandoned.set))
    await asyncio.to_thread(started.wait, 10)
    first.cancel()
    second = asyncio.create_task(admission.run(lambda: "second"))
    await asyncio.sleep(0.02)
    assert abandoned.is_set()
    assert admission.running and not first.done() and not second.done()
    finish.set()
    assert await second == "second"
    with pytest.raises(asyncio.CancelledError):
        await first
    admission.close()


async def test_one_who_leaves_the_queue_frees_nothing_but_himself() -> None:
    admission = Admission(queue=5, wait=10)
    finish = threading.Event()
    order: list[int] = []
    first = asyncio.create_task(admission.run(lambda: finish.wait(10)))
    waiting = [asyncio.create_task(admission.run(lambda n=n: order.append(n))) for n in range(4)]
    await asyncio.sleep(0.02)
    waiting[1].cancel()
    finish.set()
    await asyncio.gather(first, *waiting, return_exceptions=True)
    assert order == [0, 2, 3]  # first come, first served
    admission.close()


async def test_places() -> None:
    admission = Admission(queue=1, wait=1)
    with admission.place(), admission.place():
        assert admission.full
        with pytest.raises(Problem) as refusal, admission.place():
            pass
        assert refusal.value.status_code == 429
    assert admission.taken == 0
    admission.close()
