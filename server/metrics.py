"""What happens in a worker process, counted for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from styler.jobs.memory import resident

__all__ = ["MEDIA_TYPE", "Metrics"]

MEDIA_TYPE = CONTENT_TYPE_LATEST

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)


class Metrics:
    """One worker's figures; ``inside`` counts the requests that wait or are painted."""

    def __init__(self, inside: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "styler_requests", "Requests by outcome.", ["outcome"], registry=registry
        )
        self.queue = Histogram(
            "styler_queue_seconds", "Waiting for a turn.", buckets=_SECONDS, registry=registry
        )
        self.compute = Histogram(
            "styler_compute_seconds", "Painting.", buckets=_SECONDS, registry=registry
        )
        self.pixels = Counter("styler_pixels", "Pixels of pictures taken.", registry=registry)
        self.styles = Counter(
            "styler_style_lookups", "Uploaded styles, by cache.", ["cache"], registry=registry
        )
        for name, help, value in (
            ("styler_inside", "Requests that wait or are painted.", inside),
            ("styler_memory_bytes", "Memory of the process.", resident),
        ):
            Gauge(name, help, registry=registry).set_function(value)

    def painted(
        self, milliseconds: Mapping[str, float], pixels: int, cached: bool, uploads: Sequence[Any]
    ) -> None:
        """One painting is done: its steps, the wait first; pixels taken; uploaded styles, and
        whether they were known."""
        waited = milliseconds.get("wait", 0.0)
        self.queue.observe(waited / 1000)
        self.compute.observe((sum(milliseconds.values()) - waited) / 1000)
        self.pixels.inc(pixels)
        if uploads:
            self.styles.labels("hit" if cached else "miss").inc()

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self.registry)
