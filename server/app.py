"""The application: ``uvicorn --factory styler_server.app:create_app``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from . import problems
from .middleware.body import BodyLimit
from .middleware.guard import Guard
from .middleware.head import HeadAsGet
from .middleware.headers import SafeHeaders
from .middleware.log import RequestLog
from .pipeline import Pipeline
from .routes import health, jobs, page, styles, stylize
from .settings import Settings
from .state import State
from .tracing import Tracing

_DESCRIPTION = "Any photo in the style of any picture."


class _App(FastAPI):
    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        described["components"]["schemas"].update(problems.schemas())
        return described

    def build_middleware_stack(self) -> ASGIApp:
        """Headers and log are around everything, failures included."""
        state: State = self.state.styler
        inner = SafeHeaders(super().build_middleware_stack())
        logged = RequestLog(inner, state, state.settings.log_clients)
        return logged if state.tracing is None else state.tracing.around(logged)


def create_app(
    settings: Settings | None = None,
    *,
    open_pipeline: Callable[[Settings], Pipeline] = Pipeline.open,
    tracing: Tracing | None = None,
) -> FastAPI:
    """The server with ``settings`` (default: from the environment).

    ``open_pipeline`` makes what paints; it is called once, in the worker thread, after the server
    has begun to answer. ``tracing`` is where traces go, by default where the settings say.
    """
    settings = settings or Settings()
    if settings.otel and tracing is None:
        tracing = Tracing.open()
    state = State(settings, open_pipeline, tracing)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, State]]:
        async with state.running():
            yield {"styler": state}  # for whoever runs the process

    app = _App(
        title="styler",
        version=_version(),
        description=_DESCRIPTION,
        docs_url=None,  # FastAPI's loads its code from elsewhere; ours is at /docs
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.styler = state
    app.include_router(stylize.router)
    app.include_router(jobs.router)
    app.include_router(styles.router)
    app.include_router(health.router)
    page.install(app, page=settings.page)
    problems.install(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(BodyLimit, max_bytes=settings.max_bytes)
    app.add_middleware(Guard, names=settings.names, keys=settings.keys, rate=settings.rate)
    return app


def _version() -> str:
    try:
        return version("styler")
    except PackageNotFoundError:  # run from a source tree
        return "0"
