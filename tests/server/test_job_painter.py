"""Jobs and requests take turns: a job never holds more than one place, and waits for its turn."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Gate, picture
from tests.server.routes.test_jobs import jobs, over, post, post_clip
from tests.video.clips import scenes, write

__all__ = ["jobs"]

pytestmark = pytest.mark.anyio


async def paint(client: Any) -> Any:
    return await client.post(
        "/v1/stylize", files={"content": picture()}, data={"preset": "great-wave"}
    )


async def test_a_full_server_paints_its_jobs_later(jobs: Any, gate: Gate) -> None:
    async with jobs(queue=0) as client:
        gate.open.clear()
        request = asyncio.create_task(paint(client))
        assert await asyncio.to_thread(gate.entered.wait, 10)
        answer = await post(client, picture(9, 9), picture(10, 10))
        assert answer.status_code == 202
        await asyncio.sleep(0.3)
        assert gate.under_way == 1
        gate.open.set()
        assert (await request).status_code == 200
        job = await over(client, answer.headers["location"])
        assert (job["state"], gate.most) == ("done", 1)
        assert [result["attempts"] for result in job["results"]] == [1, 1]


async def test_a_request_finds_a_place_beside_jobs(jobs: Any, gate: Gate) -> None:
    async with jobs(queue=1) as client:
        gate.open.clear()
        answer = await post(client, *(picture(side, 9) for side in range(9, 14)))
        assert await asyncio.to_thread(gate.entered.wait, 10)
        request = asyncio.create_task(paint(client))
        await asyncio.sleep(0.1)
        gate.open.set()
        assert (await request).status_code == 200
        assert (await over(client, answer.headers["location"]))["done"] == 5


async def test_a_request_finds_its_turn_between_the_frames_of_a_clip(
    jobs: Any, gate: Gate, tmp_path: Path
) -> None:
    """One is painted at a time, and the clip goes on afterwards."""
    clip = write(tmp_path / "a.mp4", scenes(4))
    async with jobs() as client:
        gate.open.clear()
        address = (await post_clip(client, clip)).headers["location"]
        assert await asyncio.to_thread(gate.entered.wait, 10)
        request = asyncio.create_task(paint(client))
        await asyncio.sleep(0.1)
        gate.open.set()
        assert (await request).status_code == 200
        assert (await over(client, address))["state"] == "done"
        assert (gate.most, gate.sizes) == (1, [(48, 32), (24, 16), *[(48, 32)] * 4])


async def test_another_process_paints_them(jobs: Any, gate: Gate) -> None:
    async with jobs(job_painting=False) as client:
        address = (await post(client, picture())).headers["location"]
        await asyncio.sleep(0.2)
        assert (await client.get(address)).json()["state"] == "queued"
        assert gate.painted == 0
