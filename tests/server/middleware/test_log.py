"""A line for every request, and figures of all."""

from __future__ import annotations

import json
import logging

import pytest

from tests.server.conftest import Gate, Serve, picture
from tests.server.test_hostile import post

pytestmark = pytest.mark.anyio


async def test_every_request_is_told(
    serve: Serve, gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "styler.access")
    async with serve() as client:
        caplog.clear()
        good = await post(client, preset="wheatfield")
        await post(client, preset="nothing")
        gate.failure = KeyError("inside")
        failed = await post(client, preset="wheatfield")
        lines = [json.loads(r.getMessage()) for r in caplog.records if r.name == "styler.access"]
    assert [(line["status"], line["outcome"]) for line in lines] == [
        (200, "answered"), (422, "refused"), (500, "failed"),
    ]  # fmt: skip
    assert lines[0]["request"] == good.headers["x-request-id"] != failed.headers["x-request-id"]
    assert lines[0]["bytes"] == len(good.content) and lines[0]["path"] == "/v1/stylize"
    assert "content-security-policy" in failed.headers
    assert "client" not in lines[0]


async def test_addresses_are_told_where_asked_for(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "styler.access")
    async with serve(log_clients=True) as client:
        await client.get("/livez")
    assert json.loads(caplog.records[-1].getMessage())["client"] == "127.0.0.1"


async def test_figures(serve: Serve) -> None:
    async with serve() as client:
        for _ in range(2):
            files = {"content": ("a.png", picture()), "style": ("b.png", picture(30, 20))}
            assert (await client.post("/v1/stylize", files=files)).status_code == 200
        await post(client, preset="nothing")
        figures = await client.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain; version=")
    lines = figures.text.splitlines()
    for line in (
        'styler_requests_total{outcome="refused"} 1.0',
        'styler_style_lookups_total{cache="miss"} 1.0',
        'styler_style_lookups_total{cache="hit"} 1.0',
        f"styler_pixels_total {2.0 * (24 * 16 + 30 * 20)}",
        "styler_compute_seconds_count 2.0",
        "styler_queue_seconds_count 2.0",
        "styler_inside 0.0",
    ):
        assert line in lines
    assert any(line.startswith("styler_memory_bytes ") for line in lines)
