"""What the routes share: settings, the door, and the studio once it is open."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Literal

from fastapi import Depends, Request

from styler.errors import StylerError

from .admission import Admission
from .pipeline import Studio
from .problems import Problem
from .settings import Settings

logger = logging.getLogger("uvicorn.error")

Status = Literal["STARTING", "READY", "BUSY", "FAILED"]


class Service:
    """The state of one worker process. The model loads while the server answers already."""

    def __init__(self, settings: Settings, open_studio: Callable[[Settings], Studio]) -> None:
        self.settings = settings
        self.admission = Admission(queue=settings.queue, wait=settings.wait_seconds)
        self._open_studio = open_studio
        self._studio: Studio | None = None
        self._failed = False

    @property
    def status(self) -> Status:
        """``BUSY`` means that a new request would be refused."""
        if self._studio is None:
            return "FAILED" if self._failed else "STARTING"
        return "BUSY" if self.admission.full else "READY"

    @property
    def studio(self) -> Studio:
        """The open studio, or a ``Problem`` (503)."""
        if self._studio is None:
            if self._failed:
                raise Problem("not-ready", "the model could not be loaded; see the server's log")
            raise Problem(
                "not-ready",
                "the model is being loaded; try again in 1 s",
                headers={"Retry-After": "1"},
            )
        return self._studio

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the model in the worker thread; at the end wait for the job that runs."""
        loading = asyncio.create_task(self._load())
        try:
            yield
        finally:
            loading.cancel()
            with suppress(asyncio.CancelledError):
                await loading
            self.admission.close()

    async def _load(self) -> None:
        try:
            self._studio = await self.admission.run(lambda: self._open_studio(self.settings))
        except StylerError as error:
            self._failed = True
            logger.critical("the model could not be loaded: %s", error)
        except Exception:
            self._failed = True
            logger.critical("the model could not be loaded", exc_info=True)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDependency = Annotated[Service, Depends(_service)]
