"""The process around the application: how it is started, drained and ended."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import wait
from types import FrameType
from typing import Any

import uvicorn

from styler.jobs.memory import apart

from .protocol import Protocol
from .settings import Settings
from .state import State
from .tracing import Tracing

logger = logging.getLogger("uvicorn.error")

_CLOSING = 2  # seconds that connections have to close when all is answered
_FAILED = 3


class Server(uvicorn.Server):
    """Goes on listening after SIGTERM until all is answered, and ends with status 0."""

    _asked = 0.0

    @property
    def painting(self) -> bool:
        """Whether a picture is painted that could not be called off."""
        state: State | None = self.lifespan.state.get("styler") if self.started else None
        return state is not None and state.admission.running

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self._asked:  # a second time: at once
            self.should_exit = self.force_exit = True
        self._asked = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        state: State | None = self.lifespan.state.get("styler")
        if state is None:
            return bool(self._asked) or await super().on_tick(counter)
        if self._asked and not state.draining:
            logger.info("Draining: %d requests are under way", state.under_way)
            state.drain()
        gone = time.monotonic() - self._asked
        if state.draining and (not state.under_way or gone > state.settings.grace_seconds):
            state.send_away()
            return True
        if state.failed and not state.settings.stay:
            return True
        return await super().on_tick(counter)

    def run(self, sockets: list[Any] | None = None) -> None:
        """Serve until asked to stop. Exit status 3 where the model could not be loaded."""
        super().run(sockets)
        state: State | None = self.lifespan.state.get("styler") if self.started else None
        if state is not None and state.failed and not self._asked:
            sys.exit(_FAILED)


def serve(
    *,
    host: str,
    port: int,
    workers: int,
    log_level: str,
    settings: Settings,
    prepare: Callable[[], None],
) -> None:
    """Listen until SIGTERM or SIGINT. What is to ``prepare`` is done in each further process.

    Raises:
        MissingDependencyError: settings ask for what is not installed.
    """
    if settings.otel:
        Tracing.check()
    config = uvicorn.Config(
        "styler_server.app:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=Protocol,
        ws="none",
        log_level=log_level,
        log_config=_logging(log_level),
        access_log=False,
        server_header=False,
        timeout_keep_alive=max(1, round(settings.idle_seconds)),
        timeout_graceful_shutdown=_CLOSING,
    )
    if workers == 1:
        _run(config)
    else:
        _several(config, workers, prepare)


def _several(config: uvicorn.Config, workers: int, prepare: Callable[[], None]) -> None:
    """Several processes at one socket. One that dies is started anew, unless it has no model."""
    context, sockets = get_context("spawn"), [config.bind_socket()]
    asked: list[int] = []

    def start() -> Any:
        process = context.Process(target=_work, args=(config, sockets, prepare))
        process.start()
        return process

    running = [start() for _ in range(workers)]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: asked.append(number))
    failed = False
    while running:
        wait([process.sentinel for process in running], timeout=0.2)
        ended = [process for process in running if process.exitcode is not None]
        running = [process for process in running if process.exitcode is None]
        failed = failed or any(process.exitcode == _FAILED for process in ended)
        if asked or failed:
            for process in running:
                process.terminate()
            for process in running:
                process.join()
            running = []
        else:
            running += [start() for _ in ended]
    sys.exit(_FAILED if failed else 0)


def _work(config: uvicorn.Config, sockets: list[Any], prepare: Callable[[], None]) -> None:
    prepare()
    config.configure_logging()
    _run(config, sockets)


def _run(config: uvicorn.Config, sockets: list[Any] | None = None) -> None:
    """Serve, and leave at once: what goes on for nobody would keep the process for its end."""
    apart()  # before there are threads: those that have begun keep heaps of their own
    server = Server(config)
    server.run(sockets)
    if server.painting:
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def _logging(level: str) -> dict[str, Any]:
    """uvicorn's own, and a line of JSON for each request on standard output."""
    config: dict[str, Any] = {**uvicorn.config.LOGGING_CONFIG}
    plain = {"format": "%(message)s"}
    out = {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stdout"}
    access = {"handlers": ["requests"], "level": level.upper(), "propagate": False}
    config["formatters"] = {**config["formatters"], "plain": plain}
    config["handlers"] = {**config["handlers"], "requests": out}
    config["loggers"] = {**config["loggers"], "styler.access": access}
    return config
