"""Answers as server-sent events: how far the work is, and at last what comes of it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from . import problems

T = TypeVar("T")
Event = tuple[str, Mapping[str, Any]]

MEDIA_TYPE = "text/event-stream"

_TICK = 0.25  # seconds between looks at the work
_SILENCE = 40  # ticks after which something is said, for those on the way who hang up on silence
_PIECE = 3 << 16  # bytes that are encoded at a time


async def answer(
    request: Request,
    work: Coroutine[Any, Any, T],
    now: Callable[[], Event],
    last: Callable[[T], Iterator[bytes]],
) -> Response:
    """``work`` as a stream: events of how it goes, and ``last`` of its result or a problem.

    What is refused at once is no stream: it raises what ``work`` does. The work is cancelled as
    soon as the client hangs up.
    """
    working = asyncio.create_task(work)
    try:
        await asyncio.wait({working}, timeout=_TICK)
        if working.done():
            working.result()
    except BaseException:
        working.cancel()
        raise

    async def events() -> AsyncIterator[bytes]:
        told, silent = None, 0
        while not working.done():
            if (new := now()) != told:
                told, silent = new, 0
                yield event(*new)
            elif (silent := silent + 1) % _SILENCE == 0:
                yield KEEPALIVE_COMMENT
            await asyncio.wait({working}, timeout=_TICK)
        try:
            result = working.result()
        except Exception as error:
            yield event("problem", await problems.told(request, error))
        else:
            for piece in last(result):
                yield piece

    return _Stream(working, events())


class _Stream(StreamingResponse):
    """Events of some work, which does not outlive their being sent."""

    def __init__(self, working: asyncio.Task[Any], events: AsyncIterator[bytes]) -> None:
        headers = {"Cache-Control": "no-store", "Vary": "Accept", "X-Accel-Buffering": "no"}
        super().__init__(events, headers=headers, media_type=MEDIA_TYPE)
        self._working = working

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._working.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._working.cancel()


def event(name: str, data: Mapping[str, Any]) -> bytes:
    """One event."""
    return format_sse_event(event=name, data_str=json.dumps(data))


def with_bytes(name: str, data: Mapping[str, Any], key: str, value: bytes) -> Iterator[bytes]:
    """One event, piece by piece, whose data end with a large value in Base64."""
    head, _, tail = event(name, {**data, key: ""}).rpartition(b'""')
    yield head + b'"'
    for start in range(0, len(value), _PIECE):
        yield base64.b64encode(value[start : start + _PIECE])
    yield b'"' + tail
