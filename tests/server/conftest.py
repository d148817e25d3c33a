"""A server around a stylizer that is fast, exact, and stops where a test wants it to."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from PIL import Image
from styler_server.app import create_app
from styler_server.pipeline import Pipeline
from styler_server.protocol import Protocol
from styler_server.serving import Server
from styler_server.settings import Settings

from styler.imaging import Picture
from styler.inference.moving import Moving
from styler.progress import advance


@dataclass(frozen=True)
class Preset:
    """A style that is a grey, and the painting it claims to be from."""

    title: str
    artist: str
    year: str
    grey: float

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.full(3, self.grey)


PRESETS = {
    "wheatfield": Preset("Wheatfield with Crows", "Vincent van Gogh", "1890", 80),
    "great-wave": Preset("The Great Wave off Kanagawa", "Hokusai", "1831", 40),
}


class Info:
    """Of the stylizer."""

    sha256, engine = "0" * 64, "grey"


class Gate:
    """A stylizer whose style is a mean colour, and which a test can hold up.

    Several styles are a mean; ``controls`` are the last ones besides the strength, without effect.
    ``sizes`` are the widths and heights of the photos, ``weights`` those of the last styles.
    ``styled`` counts the styles computed, the last one at ``style_size``. While ``open`` is
    cleared, stylizing waits, having set ``entered`` and told that ``share`` of it is done. ``most``
    is the largest number of paintings ever seen under way at once.
    """

    info = Info()

    def __init__(self) -> None:
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.styled = 0
        self.style_size: int | None = None
        self.painted = 0
        self.under_way = 0
        self.most = 0
        self.share = 0.5
        self.failure: Exception | None = None
        self.controls: dict[str, Any] = {}
        self.sizes: list[tuple[int, int]] = []
        self.weights: list[float] = []

    def style(self, source: Picture, *, size: int | None = 512) -> Any:
        self.styled, self.style_size = self.styled + 1, size
        return source.rgb.reshape(-1, 3).mean(0)

    def moving(self, style: Any, *, turn: Callable[..., Any], **keywords: Any) -> Moving:
        return Moving(lambda frame, steady: turn(lambda: self.stylize(frame, style, **keywords)))

    def stylize(
        self,
        content: Picture,
        style: list[tuple[Any, float]],
        *,
        strength: float = 1.0,
        **controls: Any,
    ) -> Picture:
        self.controls = controls
        self.sizes.append((content.width, content.height))
        self.weights = [weight for _, weight in style]
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        advance("paint", self.share)
        self.entered.set()
        try:
            assert self.open.wait(20)
            if self.failure:
                raise self.failure
            self.painted += 1
            mixed = (1 - strength / 2) * content.rgb + strength / 2 * np.average(
                [np.asarray(grey) + np.zeros(3) for grey, _ in style],
                axis=0,
                weights=[weight for _, weight in style],
            )
            return content.with_rgb(np.clip(np.rint(mixed), 0, 255).astype(np.uint8))
        finally:
            self.under_way -= 1


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open.set()


def pipeline_of(gate: Gate) -> Callable[[Settings], Pipeline]:
    return lambda settings: Pipeline(gate, PRESETS, settings)


Serve = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def serve(gate: Gate) -> Serve:
    """``async with serve(queue=0) as client``: a ready server with those settings."""

    @asynccontextmanager
    async def serving(
        *,
        open_pipeline: Callable[[Settings], Pipeline] | None = None,
        wait_ready: bool = True,
        **values: Any,
    ) -> AsyncIterator[httpx.AsyncClient]:
        app = create_app(Settings(**values), open_pipeline=open_pipeline or pipeline_of(gate))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://server") as client,
        ):
            with contextlib.ExitStack() as at_exit:
                at_exit.callback(gate.open.set)  # or shutting down would wait for it
                while wait_ready and (await client.get("/readyz")).status_code != 200:
                    await asyncio.sleep(0.005)
                yield client

    return serving


def until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextlib.contextmanager
def serving(gate: Gate, open_pipeline: Any = None, **values: Any) -> Iterator[httpx.Client]:
    """The whole of it in a thread, with ``client.server``, and ``client.stop`` for a signal."""
    app = create_app(Settings(**values), open_pipeline=open_pipeline or pipeline_of(gate))
    config = uvicorn.Config(app, http=Protocol, ws="none", log_config=None, lifespan="on")
    server, listener = Server(config), socket.create_server(("127.0.0.1", 0))
    ended: list[Any] = []

    def run() -> None:
        try:
            ended.append(server.run([listener]))
        except SystemExit as exit:
            ended.append(exit.code)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with httpx.Client(base_url=base, timeout=15, trust_env=False) as client:
            until(lambda: server.started)
            made: Any = client
            made.server, made.ended = server, ended
            made.stop = lambda: server.handle_exit(signal.SIGTERM, None)
            yield client
    finally:
        gate.open.set()
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


def ready(client: httpx.Client) -> None:
    until(lambda: client.get("/readyz").status_code == 200)


@contextlib.contextmanager
def listening(gate: Gate, **values: Any) -> Iterator[httpx.Client]:
    """:func:`serving`, once it is ready."""
    with serving(gate, **values) as client:
        ready(client)
        yield client


def picture(
    width: int = 24, height: int = 16, *, format: str = "PNG", mode: str = "RGB", **options: Any
) -> bytes:
    """An encoded picture with a gradient in it."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), x * 0 + 90], 2)
    out = io.BytesIO()
    Image.fromarray(rgb.astype(np.uint8)).convert(mode).save(out, format, **options)
    return out.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
