"""What is heavy about a request, as plain functions for the worker thread.

Bytes come in and bytes go out; every step in between is ``styler``'s.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Literal, Protocol

from styler import imaging
from styler.controls import Controls, KeepColours, Size
from styler.errors import StyleError, did_you_mean
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
    def stylize(
        self,
        content: Picture,
        style: Any,
        *,
        strength: float = ...,
        size: Size | None = ...,
        style_size: int = ...,
        keep_colours: KeepColours | None = ...,
        keep_amount: float = ...,
        masks: Sequence[Any] | None = ...,
        only: Any | None = ...,
    ) -> Any: ...


@dataclass(frozen=True)
class Order:
    """One painting to make. Pictures are encoded; presets are known names."""

    content: bytes
    styles: Sequence[bytes] = ()
    presets: Sequence[str] = ()
    weights: Sequence[float] = ()
    masks: Sequence[bytes] | None = None
    only: bytes | None = None
    controls: Controls = field(default_factory=Controls)
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
        self._uploaded: OrderedDict[tuple[str, int], Any] = OrderedDict()

    @classmethod
    def open(cls, settings: Settings) -> Studio:
        """Load the model and the presets that were made with its weights.

        Raises ``WeightsError`` or ``MissingDependencyError`` where the model cannot be loaded.
        """
        import styler
        from styler.styles import usable

        stylizer = styler.Stylizer(settings.model, engine=settings.engine, threads=settings.threads)
        presets = usable(settings.model, stylizer.style, _left_out)
        return cls(stylizer, presets, settings)

    def paint(self, order: Order) -> Painting:
        """Decode, take the style, stylize, encode. Raises ``InputError`` for what was sent."""
        took = {"wait": (time.perf_counter() - order.placed) * 1000}
        with _step("decode", took, order):
            cap = self._settings.max_pixels
            content = imaging.read(order.content, name="content", max_pixels=cap)
            masks = (
                None
                if order.masks is None
                else [
                    imaging.read_mask(mask, name=_nth("mask", number, order.masks), max_pixels=cap)
                    for number, mask in enumerate(order.masks, start=1)
                ]
            )
            only = (
                None
                if order.only is None
                else imaging.read_mask(order.only, name="only", max_pixels=cap)
            )
        with _step("style", took, order):
            styles, cached = self._styles(order)
        with _step("stylize", took, order):
            painted = self._stylizer.stylize(
                content, styles, masks=masks, only=only, **vars(order.controls)
            )
        with _step("encode", took, order):
            data = imaging.encode(painted, order.format, exif=False)
        return Painting(data, took, cached)

    def check_preset(self, name: str) -> None:
        """Raise ``StyleError`` unless ``name`` is that of a preset: never a path."""
        if name not in self.presets:
            hint = did_you_mean(name, self.presets, "GET /v1/styles lists them")
            if not self.presets:
                hint = "this model has no presets; send a picture as style"
            raise StyleError(f"preset: there is none of that name; {hint}")

    def _styles(self, order: Order) -> tuple[list[tuple[Any, float]], bool]:
        """Styles with their weights, and whether all that were uploaded were known."""
        found = []
        known = bool(order.styles)
        for number, data in enumerate(order.styles, start=1):
            name = _nth("style", number, order.styles)
            style, cached = self._uploaded_style(data, name, order.controls.style_size)
            found.append(style)
            known = known and cached
        found += [self.presets[name] for name in order.presets]
        weights = order.weights or [1.0] * len(found)
        return list(zip(found, weights, strict=True)), known

    def _uploaded_style(self, data: bytes, name: str, size: int) -> tuple[Any, bool]:
        key = (hashlib.sha256(data).hexdigest(), size)
        if key in self._uploaded:
            self._uploaded.move_to_end(key)
            return self._uploaded[key], True
        painting = imaging.read(data, name=name, max_pixels=self._settings.max_pixels)
        style = self._stylizer.style(painting, size=size)
        self._uploaded[key] = style
        while len(self._uploaded) > self._settings.style_cache:
            self._uploaded.popitem(last=False)
        return style, False


def _left_out(error: StyleError) -> None:
    logger.warning("a preset is left out: %s", error)


def _nth(field: str, number: int, of: Sequence[Any]) -> str:
    return field if len(of) == 1 else f"{field} {number}"


@contextmanager
def _step(name: str, took: dict[str, float], order: Order) -> Iterator[None]:
    if order.abandoned.is_set():
        raise AbandonedError
    started = time.perf_counter()
    yield
    took[name] = (time.perf_counter() - started) * 1000
