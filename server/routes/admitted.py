"""Routes that take pictures: looked at before the body is read, and left when the client goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect

from ..form import SEVERAL, checked
from ..middleware.body import UploadRequest
from ..problems import Problem
from ..state import State

T = TypeVar("T")

REFUSALS = (
    "unreadable-request",
    "unauthorized",
    "cross-origin",
    "upload-timeout",
    "too-large",
    "unsupported-media-type",
    "misdirected-request",
    "invalid-input",
    "queue-full",
    "too-many-requests",
    "internal-error",
    "not-ready",
    "wait-timeout",
    "deadline",
    "stopping",
)
"""What becomes of pictures that are not taken, or not done with."""


class _KnownFields(UploadRequest):
    """A request whose form has these fields and no others."""

    def __init__(
        self, request: Request, known: Mapping[str, bool], several: frozenset[str]
    ) -> None:
        super().__init__(request.scope, request.receive)
        self._known, self._several = known, several
        self.raw = next(name for name, required in known.items() if required)

    async def form(self, **_: Any) -> FormData:  # type: ignore[override]
        form = await super().form()
        try:
            return checked(form, self._known, self._several)
        except Problem:
            await form.close()
            raise


class AdmittedRoute(APIRoute):
    """A route that refuses what it can before anything of the body is read."""

    several = SEVERAL
    """Fields that may be sent more than once."""

    def refuse(self, state: State) -> None:
        """Raise a ``Problem`` where a request would be in vain."""
        _ = state.pipeline  # a 503 while it is closed
        state.admission.check()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        known = {
            field.alias: field.field_info.is_required() for field in self.dependant.body_params
        }

        async def admitted(request: Request) -> Response:
            if not known:
                return await answer(request)
            state: State = request.app.state.styler
            if state.draining:  # the connection closes, and who still sends could not read why
                await _discarded(request, state)
            self.refuse(state)
            return await answer(_KnownFields(request, known, self.several))

        return admitted


async def _discarded(request: Request, state: State) -> None:
    async with state.uploads.one() as arrival:
        async for chunk in request.stream():
            arrival.count(chunk)


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which is cancelled as soon as the client hangs up."""
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        gone.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
