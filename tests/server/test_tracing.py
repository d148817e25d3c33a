"""Spans, kept in memory."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from itertools import pairwise

import httpx
import pytest
from styler_server.app import create_app
from styler_server.settings import Settings
from styler_server.tracing import Tracing

from styler.errors import MissingDependencyError
from tests.server.conftest import Gate, picture, pipeline_of

trace = pytest.importorskip("opentelemetry.sdk.trace")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

pytestmark = pytest.mark.anyio

FORM = {"files": {"content": ("a.png", picture())}, "data": {"preset": "wheatfield"}}
TRACE = "0af7651916cd43dd8448eb211c80319c"
STEPS = ["wait", "decode", "style", "stylize", "encode"]


@pytest.fixture
def spans() -> Iterator[tuple[Tracing, memory.InMemorySpanExporter]]:
    provider, kept = trace.TracerProvider(), memory.InMemorySpanExporter()
    provider.add_span_processor(export.SimpleSpanProcessor(kept))
    yield Tracing(provider), kept
    provider.shutdown()


async def requests(gate: Gate, tracing: Tracing) -> list[httpx.Response]:
    app = create_app(Settings(), open_pipeline=pipeline_of(gate), tracing=tracing)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://server") as client,
    ):
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
        parent = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
        painted = await client.post("/v1/stylize", headers=parent, **FORM)
        events = {"Accept": "text/event-stream"}
        streamed = await client.post("/v1/stylize", headers=events, **FORM)
        gate.failure = KeyError("inside")
        failed = await client.post("/v1/stylize", **FORM)
        nowhere = await client.get("/nowhere?secret=1")
        return [painted, streamed, failed, nowhere]


async def test_requests_and_steps_are_spans(gate: Gate, spans: tuple[Tracing, object]) -> None:
    tracing, kept = spans
    await requests(gate, tracing)
    found = [span for span in kept.get_finished_spans() if span.name != "GET /readyz"]
    assert [span.name for span in found] == [
        *STEPS, "POST /v1/stylize", *STEPS, "POST /v1/stylize", "POST /v1/stylize", "GET",
    ]  # fmt: skip
    first = found[5]
    assert first.context.trace_id == int(TRACE, 16) and first.kind.name == "SERVER"
    for step, later in pairwise(found[:5]):
        assert step.parent.span_id == later.parent.span_id == first.context.span_id
        assert first.start_time <= step.start_time <= step.end_time == later.start_time
        assert later.end_time <= first.end_time
    assert found[10].parent is not None
    served = [span for span in found if span.kind.name == "SERVER"]
    assert [span.attributes["http.response.status_code"] for span in served] == [200, 200, 500, 404]
    assert [span.status.is_ok for span in served] == [True, True, False, True]
    assert "127.0.0.1" not in str([dict(span.attributes) for span in found])
    assert "secret" not in str([dict(span.attributes) for span in found])


def test_nothing_of_it_is_loaded_unless_asked_for(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    create_app(Settings(), open_pipeline=pipeline_of(gate))
    with pytest.raises(MissingDependencyError, match=r"styler\[otel\]"):
        create_app(Settings(otel=True), open_pipeline=pipeline_of(gate))
