"""HTTP/1.1 by uvicorn and h11, with a time for heads, a least rate for readers, and problems for
what cannot be parsed."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from .middleware.headers import HEADERS
from .problems import Problem, answer
from .state import State

_ANSWERABLE = (h11.IDLE, h11.SEND_RESPONSE)
_PATIENCE = 10.0  # seconds over which the rate of a reader is taken


class Protocol(H11Protocol):
    """One connection."""

    _head: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._read()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        state: State | None = self.app_state.get("styler")
        if state is not None:
            state.sending.add(self.transport)
            self._expect(state, self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        self._read()
        super().resume_writing()

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is None or self.cycle.response_complete:
            self._watch()
        else:
            self._unwatch()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Problem("unreadable-request", "this is no HTTP request; check what is sent"))

    def _watch(self) -> None:
        state: State | None = self.app_state.get("styler")
        if self._head is None and state is not None:
            self._head = self.loop.call_later(state.settings.header_seconds, self._too_late)

    def _unwatch(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _expect(self, state: State, unread: int) -> None:
        """Cut the reader off unless it has read some of that after a while."""

        def look() -> None:
            left = self.transport.get_write_buffer_size()
            if unread - left < _PATIENCE * state.settings.upload_rate:
                self.transport.abort()
            else:
                self._expect(state, left)

        self._reader = self.loop.call_later(_PATIENCE, look)

    def _read(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None
            self.app_state["styler"].sending.discard(self.transport)

    def _too_late(self) -> None:
        self._head = None
        if not self.transport.is_closing():
            self._refuse(Problem("upload-timeout", "the head of the request took too long"))

    def _refuse(self, problem: Problem) -> None:
        """Answer outside of the application, and close."""
        if self.conn.our_state in _ANSWERABLE:
            response = answer(problem)
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            head = h11.Response(
                status_code=response.status_code,
                reason=HTTPStatus(response.status_code).phrase.encode(),
                headers=[*response.raw_headers, *own, (b"connection", b"close")],
            )
            events = (head, h11.Data(data=bytes(response.body)), h11.EndOfMessage())
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()
