"""Traces by OpenTelemetry: a span for each request, and in it one for each step of a painting."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

from styler.errors import MissingDependencyError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from starlette.types import ASGIApp

__all__ = ["Tracing"]


class Tracing:
    """Where spans go.

    Args:
        provider: of tracers.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("styler")

    @classmethod
    def open(cls) -> Self:
        """Send them by OTLP over HTTP, to where ``OTEL_*`` variables say.

        Raises:
            MissingDependencyError: it is not installed.
        """
        cls.check()
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        own = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "styler"}
        provider = TracerProvider(resource=Resource.create(own))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return cls(provider)

    @staticmethod
    def check() -> None:
        """Raise ``MissingDependencyError`` where it is not installed."""
        try:
            import opentelemetry.exporter.otlp.proto.http.trace_exporter
            import opentelemetry.sdk.trace  # noqa: F401
        except ImportError:
            raise MissingDependencyError(
                "OpenTelemetry is not installed; install styler[otel], or leave STYLER_OTEL unset"
            ) from None

    def around(self, app: ASGIApp) -> ASGIApp:
        """An application whose requests are traced."""
        from .middleware.trace import RequestTrace

        return RequestTrace(app, self._tracer)

    def steps(self, milliseconds: Mapping[str, float]) -> None:
        """Steps that have just been done, one after the other, within the request of the caller."""
        at = time.time_ns() - round(1e6 * sum(milliseconds.values()))
        for name, took in milliseconds.items():
            span = self._tracer.start_span(name, start_time=at)
            at += round(1e6 * took)
            span.end(at)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
