"""The state of a worker process, which the routes share: settings, admission, pipeline."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Literal

from fastapi import Depends, Request

from styler.errors import StylerError
from styler.jobs.memory import trim

from .admission import Admission
from .jobs import Jobs
from .metrics import Metrics
from .pipeline import Pipeline
from .problems import Problem
from .settings import Settings
from .tracing import Tracing
from .uploads import Uploads

logger = logging.getLogger("uvicorn.error")

Status = Literal["STARTING", "READY", "BUSY", "FAILED", "DRAINING"]


class State:
    """The state of one worker process. The model loads while the server answers already."""

    def __init__(
        self,
        settings: Settings,
        open_pipeline: Callable[[Settings], Pipeline],
        tracing: Tracing | None = None,
    ) -> None:
        self.settings, self.tracing = settings, tracing
        self.admission = Admission(
            queue=settings.queue,
            wait=settings.wait_seconds,
            deadline=settings.request_seconds,
            pixels=settings.pixel_budget,
            memory=lambda: self.pipeline.memory() - self.unread - self.jobs.held,
            quiet=trim,
        )
        self.uploads = Uploads(
            most=settings.uploads,
            most_bytes=2 * settings.max_bytes,
            seconds=settings.upload_seconds,
            rate=settings.upload_rate,
        )
        self.metrics = Metrics(lambda: self.admission.taken)
        self.jobs = Jobs(settings, self.admission, lambda: self.pipeline)
        self.failed = False
        self.draining = False
        self.under_way = 0  # requests that have not been answered
        self.sending = set[asyncio.Transport]()  # connections that have more to read
        self._open_pipeline = open_pipeline
        self._pipeline: Pipeline | None = None

    @property
    def status(self) -> Status:
        """``BUSY`` means that a new request would be refused."""
        if self.draining:
            return "DRAINING"
        if self._pipeline is None:
            return "FAILED" if self.failed else "STARTING"
        return "BUSY" if self.admission.full else "READY"

    @property
    def pipeline(self) -> Pipeline:
        """The open pipeline, or a ``Problem`` (503)."""
        if self._pipeline is None:
            if self.failed:
                raise Problem("not-ready", "the model could not be loaded; see the server's log")
            raise Problem(
                "not-ready",
                "the model is being loaded; try again in 1 s",
                headers={"Retry-After": "1"},
            )
        return self._pipeline

    @property
    def unread(self) -> int:
        """Bytes of answers that clients have not read yet."""
        return sum(transport.get_write_buffer_size() for transport in self.sending)

    def drain(self) -> None:
        """Let nobody else in; who is inside gets an answer."""
        self.draining = True
        self.admission.closed = _stopping

    def send_away(self) -> None:
        """Answer all who are still inside that the server stops."""
        self.admission.send_away(_stopping)
        for arrival in self.uploads.arriving:
            arrival.cut_off()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the model in the worker thread; at the end call off the jobs that run."""
        loading = asyncio.create_task(self._load())
        try:
            async with self.jobs.running():
                yield
        finally:
            loading.cancel()
            with suppress(asyncio.CancelledError):
                await loading
            await self.admission.close()
            if self.tracing is not None:
                self.tracing.close()

    async def _load(self) -> None:
        try:
            self._pipeline = await self.admission.load(lambda: self._open_pipeline(self.settings))
        except StylerError as error:
            self.failed = True
            logger.critical("the model could not be loaded: %s", error)
        except Exception:
            self.failed = True
            logger.critical("the model could not be loaded", exc_info=True)


def _stopping() -> Problem:
    return Problem(
        "stopping",
        "the server is being stopped; try again in 5 s",
        headers={"Retry-After": "5", "Connection": "close"},
    )


async def _state(request: Request) -> State:
    state: State = request.app.state.styler
    return state


StateDependency = Annotated[State, Depends(_state)]
