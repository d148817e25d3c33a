"""What is heavy about a request, as plain functions for the worker thread.

Bytes come in and bytes go out; every step in between is ``styler``'s.
"""

from __future__ import annotations

import difflib
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Literal, Protocol

from styler import imaging
from styler.errors import StyleError
from styler.imaging import Picture

from .settings import Settings

logger = logging.getLogger("uvicorn.error")

Format = Literal["png", "jpeg", "webp"]


class Style(Protocol):
    """The part of ``styler.Style`` that is used here."""

    @property
    def title(self) -> str | None: ...
    @property
    def artist(self) -> str | None: ...
    @property
    def year(self) -> str | None: ...


class Stylizer(Protocol):
    """The part of ``styler.Stylizer`` that is used here, on decoded pictures only."""

    def style(self, source: Picture, *, size: int | None = 512) -> Any: ...
    def stylize(self, content: Picture, style: Any, *, strength: float = 1.0) -> Any: ...


@dataclass(frozen=True)
class Order:
    """One painting to make, with either ``style`` (an encoded picture) or a known ``preset``."""

    content: bytes
    style: bytes | None = None
    preset: str | None = None
    strength: float = 1.0
    format: Format = "png"
    abandoned: Event = field(default_factory=Event)
    placed: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True)
class Painting:
    """An encoded picture, and how long each step took in milliseconds."""

    data: bytes
    milliseconds: Mapping[str, float]
    style_cached: bool


class AbandonedError(Exception):
    """Nobody waits for the result any more."""


class Studio:
    """A stylizer, the presets by name, and the styles of recent uploads.

    Painting is not thread-safe: it belongs into the one worker thread.
    """

    def __init__(
        self, stylizer: Stylizer, presets: Mapping[str, Style], settings: Settings
    ) -> None:
        self.presets = presets
        self._stylizer = stylizer
        self._settings = settings
        self._uploaded: OrderedDict[str, Any] = OrderedDict()

    @classmethod
    def open(cls, settings: Settings) -> Studio:
        """Load the model and the presets that were made with its weights.

        Raises ``WeightsError`` or ``MissingDependencyError`` where the model cannot be loaded.
        """
        import styler

        stylizer = styler.Stylizer(settings.model, engine=settings.engine, threads=settings.threads)
        presets = {}
        for info in styler.presets():
            try:
                presets[info.name] = stylizer.style(styler.preset(info.name))
            except StyleError as error:
                logger.warning("a preset is left out: %s", error)
        return cls(stylizer, presets, settings)

    def paint(self, order: Order) -> Painting:
        """Decode, take the style, stylize, encode. Raises ``InputError`` for what was sent."""
        took = {"wait": (time.perf_counter() - order.placed) * 1000}
        with _step("decode", took, order):
            content = imaging.read(
                order.content, name="content", max_pixels=self._settings.max_pixels
            )
        with _step("style", took, order):
            style, cached = self._style(order)
        with _step("stylize", took, order):
            painted = self._stylizer.stylize(content, style, strength=order.strength)
        with _step("encode", took, order):
            data = imaging.encode(painted, order.format, exif=False)
        return Painting(data, took, cached)

    def check_preset(self, name: str) -> None:
        """Raise ``StyleError`` unless ``name`` is that of a preset: never a path."""
        if name not in self.presets:
            near = difflib.get_close_matches(name, self.presets, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "GET /v1/styles lists them"
            raise StyleError(f"preset: there is none of that name; {hint}")

    def _style(self, order: Order) -> tuple[Any, bool]:
        if order.preset is not None:
            return self.presets[order.preset], False
        assert order.style is not None
        key = hashlib.sha256(order.style).hexdigest()
        if key in self._uploaded:
            self._uploaded.move_to_end(key)
            return self._uploaded[key], True
        painting = imaging.read(order.style, name="style", max_pixels=self._settings.max_pixels)
        style = self._stylizer.style(painting, size=self._settings.style_size)
        self._uploaded[key] = style
        while len(self._uploaded) > self._settings.style_cache:
            self._uploaded.popitem(last=False)
        return style, False


@contextmanager
def _step(name: str, took: dict[str, float], order: Order) -> Iterator[None]:
    if order.abandoned.is_set():
        raise AbandonedError
    started = time.perf_counter()
    yield
    took[name] = (time.perf_counter() - started) * 1000
