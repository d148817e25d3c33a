"""ASGI middleware: a line of JSON for every request, however it ended, and a number for it."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from secrets import token_hex

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..problems import STATUS
from ..state import State

logger = logging.getLogger("styler.access")

_OUTCOMES = {2: "answered", 3: "answered", 4: "refused", 5: "failed"}


class RequestLog:
    """Logs and counts requests; answers carry ``X-Request-Id``.

    Args:
        state: whose requests are counted.
        clients: whether to tell their addresses.
    """

    def __init__(self, app: ASGIApp, state: State, clients: bool) -> None:
        self.app, self.state, self.clients = app, state, clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        number, started = token_hex(8), time.perf_counter()
        status, sent, gone, whole = 0, 0, False, False

        async def listening() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        async def counting(message: Message) -> None:
            nonlocal status, sent, whole
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = number
            else:
                sent += len(message.get("body", b""))
                whole = not message.get("more_body", False)
            await send(message)

        self.state.under_way += 1
        try:
            await self.app(scope, listening, counting)
        finally:
            self.state.under_way -= 1
            status = scope.get(STATUS, status)
            outcome = "failed" if status == 0 else _OUTCOMES.get(status // 100, "answered")
            if status == 499 or (gone and not whole):
                outcome = "hung up"
            self.state.metrics.requests.labels(outcome).inc()
            line = {
                "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "request": number,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "outcome": outcome,
                "ms": round(1000 * (time.perf_counter() - started), 1),
                "bytes": sent,
            }
            if self.clients and scope.get("client"):
                line["client"] = scope["client"][0]
            logger.info(json.dumps(line))
