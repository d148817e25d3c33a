"""What the server keeps of jobs, for how long, and how many."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Gate, Serve, picture
from tests.server.routes.test_jobs import jobs, over, post

__all__ = ["jobs"]

pytestmark = pytest.mark.anyio


async def until_gone(folder: Path) -> None:
    for _ in range(400):
        if not folder.exists():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(folder)


async def test_kept_for_a_time(jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styler_server.jobs._TIDY", 0.05)
    orphan, young, other = (tmp_path / "jobs" / name for name in ("0" * 32, "1" * 32, "mine"))
    for folder in (orphan, young, other):
        folder.mkdir(parents=True)
    for folder in (orphan, other):
        os.utime(folder, (0, 0))
    async with jobs(job_keep_seconds=0.3) as client:
        address = (await post(client, picture())).headers["location"]
        await over(client, address)
        await until_gone(tmp_path / "jobs" / address.rpartition("/")[2])
        assert (await client.get(address)).status_code == 404
        await until_gone(orphan)
        assert young.exists() and other.exists()


async def test_so_many_at_a_time(jobs: Any, gate: Gate) -> None:
    async with jobs(job_limit=1) as client:
        gate.open.clear()
        first = await post(client, picture())
        second = await post(client, picture(9, 9))
        assert (second.status_code, second.json()["type"]) == (429, "/docs#queue-full")
        assert second.headers["retry-after"]
        assert (await post(client, picture())).status_code == 202  # it is there already
        gate.open.set()
        await over(client, first.headers["location"])
        assert (await post(client, picture(9, 9))).status_code == 202


async def test_a_stopped_server_gives_back_and_another_goes_on(
    jobs: Any, gate: Gate, serve: Serve
) -> None:
    async with jobs() as client:
        gate.open.clear()
        address = (await post(client, picture(), picture(9, 9))).headers["location"]
        assert await asyncio.to_thread(gate.entered.wait, 10)
    gate.entered.clear()
    async with jobs() as client:
        job = await over(client, address)
        assert job["state"] == "done"
        assert [result["attempts"] for result in job["results"]] == [1, 1]
