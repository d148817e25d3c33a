"""Who is let in, whose turn it is, and a loop that stays free."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from styler_server.admission import Admission, Cost
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
        ready = {"requests": 0}
        while ready["requests"] < 3:
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
    started, finish, seen = threading.Event(), threading.Event(), threading.Event()

    def job(abandoned: Callable[[], bool]) -> None:
        started.set()
        finish.wait(10)
        if abandoned():
            seen.set()

    first = asyncio.create_task(admission.run(job))
    await asyncio.to_thread(started.wait, 10)
    first.cancel()
    second = asyncio.create_task(admission.run(lambda _: "second"))
    await asyncio.sleep(0.02)
    assert first.done() and admission.taken == 2 and not second.done()
    finish.set()
    assert await second == "second"
    assert seen.is_set() and admission.taken == 0
    await admission.close()


async def test_one_who_leaves_the_queue_frees_nothing_but_himself() -> None:
    admission = Admission(queue=5, wait=10)
    finish = threading.Event()
    order: list[int] = []
    first = asyncio.create_task(admission.run(lambda _: finish.wait(10)))
    waiting = [asyncio.create_task(admission.run(lambda _, n=n: order.append(n))) for n in range(4)]
    await asyncio.sleep(0.02)
    waiting[1].cancel()
    finish.set()
    await asyncio.gather(first, *waiting, return_exceptions=True)
    assert order == [0, 2, 3]  # of equals the first to come
    await admission.close()


async def test_what_cannot_be_called_off_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styler_server.admission._ENDING", 0.05)
    admission, finish = Admission(queue=5, wait=10), threading.Event()
    stubborn = asyncio.create_task(admission.run(lambda _: finish.wait(10)))
    await asyncio.sleep(0.02)
    await admission.close()
    assert admission.running and not stubborn.done()
    finish.set()
    assert await stubborn
    assert not admission.running


async def test_quiet_comes_after_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styler_server.admission._REST", 0.05)
    quiet = asyncio.Event()
    admission, finish = Admission(queue=5, wait=10, quiet=quiet.set), threading.Event()
    await admission.run(lambda _: None)
    running = asyncio.create_task(admission.run(lambda _: finish.wait(10)))
    await asyncio.sleep(0.1)
    assert not quiet.is_set()  # another one has come
    finish.set()
    await running
    await asyncio.wait_for(quiet.wait(), 10)
    await admission.close()


SMALL, LARGE = Cost(pixels=1, work=1), Cost(pixels=10**8, work=1e8)
PREVIEW = Cost(pixels=10**6, work=2e6)


@pytest.mark.parametrize(("first", "second"), [(LARGE, SMALL), (LARGE, PREVIEW), (PREVIEW, SMALL)])
async def test_a_small_one_does_not_wait_for_a_large_one(first: Cost, second: Cost) -> None:
    admission = Admission(queue=5, wait=10)
    finish = threading.Event()
    large = asyncio.create_task(admission.run(lambda _: finish.wait(10), first))
    assert await admission.run(lambda _: "small", second) == "small"
    assert not large.done()
    finish.set()
    await large
    await admission.close()


WORKS = (4e7, 2e7, 3e7, 1e7)


@pytest.mark.parametrize(
    ("pace", "expected"),
    [(1e-6, [1e7, 2e7, 3e7, 4e7]), (1e-15, [4e7, 2e7, 3e7, 1e7])],
    ids=["shortest first", "unless others have waited much longer than it takes"],
)
async def test_whose_turn_it_is(pace: float, expected: list[float]) -> None:
    admission = Admission(queue=9, wait=10, pace=pace)
    finish, order = threading.Event(), list[float]()

    def fail(_: object) -> None:  # how long it takes teaches nothing
        finish.wait(10)
        raise ValueError

    first = asyncio.create_task(admission.run(fail, LARGE))
    jobs, later = [lambda _, work=work: order.append(work) for work in WORKS], []
    for job, work in zip(jobs, WORKS, strict=True):
        await asyncio.sleep(0.01)
        later.append(asyncio.create_task(admission.run(job, Cost(work=work))))
    await asyncio.sleep(0.01)
    assert [admission.before(job) for job in jobs] == [expected.index(w) + 1 for w in WORKS]
    assert admission.before(fail) is None
    finish.set()
    await asyncio.gather(first, *later, return_exceptions=True)
    assert order == expected
    await admission.close()


async def test_what_is_inside_is_counted_in_pixels_and_bytes() -> None:
    admission = Admission(queue=9, wait=10, pixels=100, memory=lambda: 1000)
    finish = threading.Event()
    inside = asyncio.create_task(
        admission.run(lambda _: finish.wait(10), Cost(held=100, painting=500, pixels=60))
    )
    await asyncio.sleep(0.02)
    for cost, kind in (
        (Cost(pixels=101), "too-large"),
        (Cost(held=1, painting=1000), "too-large"),
        (Cost(pixels=41), "queue-full"),
        (Cost(held=401), "queue-full"),
        (Cost(held=1, painting=900), "queue-full"),
    ):
        with pytest.raises(Problem) as refusal:
            await admission.run(lambda _: None, cost)
        assert refusal.value.kind.name == kind, cost
    await_small = admission.run(lambda _: "fits", Cost(held=100, painting=500, pixels=40))
    finish.set()
    assert await await_small == "fits"  # those of one lane are painted one after the other
    await inside
    assert admission.taken == 0
    await admission.close()


async def test_the_wait_that_is_told_is_that_of_what_is_inside() -> None:
    admission, finish = Admission(queue=2, wait=10), threading.Event()
    inside = [
        asyncio.create_task(admission.run(lambda _: finish.wait(10), Cost(work=work)))
        for work in (24e6, 48e6, 1)
    ]
    await asyncio.sleep(0.02)
    with pytest.raises(Problem) as refusal:
        admission.check()
    assert refusal.value.headers is not None
    assert 20 < int(refusal.value.headers["Retry-After"]) < 120
    finish.set()
    await asyncio.gather(*inside)
    await admission.close()


async def test_a_request_has_a_deadline() -> None:
    admission = Admission(queue=2, wait=0.1, deadline=0.1)

    def job(abandoned: Callable[[], bool]) -> None:
        while not abandoned():
            time.sleep(0.005)

    with pytest.raises(Problem) as late:
        await admission.run(job)
    assert late.value.kind.name == "deadline"
    while admission.taken:
        await asyncio.sleep(0.005)
    await admission.close()


async def test_a_job_may_raise_a_timeout_of_its_own() -> None:
    admission = Admission(queue=2, wait=10)

    def job(_: Callable[[], bool]) -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await admission.run(job)
    await admission.close()


async def test_all_can_be_sent_away() -> None:
    admission, finish = Admission(queue=5, wait=10), threading.Event()
    inside = [asyncio.create_task(admission.run(lambda _: finish.wait(10))) for _ in range(3)]
    await asyncio.sleep(0.02)
    admission.send_away(lambda: Problem("stopping", "now"))
    answers = await asyncio.gather(*inside, return_exceptions=True)
    assert [str(a.kind.name) for a in answers if isinstance(a, Problem)] == ["stopping"] * 3
    with pytest.raises(Problem, match="now"):
        admission.check()
    finish.set()
    await admission.close()
