"""Bodies on their way: how many, how fast."""

from __future__ import annotations

import asyncio

import pytest
from styler_server.problems import Problem
from styler_server.uploads import Uploads

pytestmark = pytest.mark.anyio


async def test_the_slowest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = Uploads(most=2, most_bytes=1000, seconds=10, rate=10)
    monkeypatch.setattr("styler_server.uploads.Arrival.speed", property(lambda a: a.received))

    async def arrive(count: int) -> str:
        try:
            async with uploads.one() as arrival:
                uploads.count(arrival, b"x" * count)
                await asyncio.sleep(0.2)
                return "arrived"
        except Problem as problem:
            return problem.kind.name

    first = [asyncio.create_task(arrive(count)) for count in (400, 50)]
    await asyncio.sleep(0.02)
    third = asyncio.create_task(arrive(300))
    assert await asyncio.gather(*first, third) == ["arrived", "upload-timeout", "arrived"]
    fast = [asyncio.create_task(arrive(400)) for _ in range(3)]
    assert await asyncio.gather(*fast) == ["arrived", "arrived", "queue-full"]
    much = [asyncio.create_task(arrive(600)) for _ in range(2)]
    assert await asyncio.gather(*much) == ["arrived", "queue-full"]
    assert not uploads.arriving


async def test_a_body_that_trickles_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styler_server.uploads._GRACE", 0.05)
    uploads = Uploads(most=2, most_bytes=10_000, seconds=60, rate=1000)
    with pytest.raises(Problem) as late:
        async with uploads.one() as arrival:
            while True:
                uploads.count(arrival, b"x")
                await asyncio.sleep(0.01)
    assert late.value.kind.name == "upload-timeout"
    assert 1 <= arrival.received < 1000
    async with uploads.one() as arrival:
        for _ in range(10):
            uploads.count(arrival, b"x" * 100)
            await asyncio.sleep(0.01)
