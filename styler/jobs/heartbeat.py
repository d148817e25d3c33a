"""Signs of life for a lease, from a thread of their own, while its picture is painted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from styler.errors import StorageError

from .queue import Lease, Leases

__all__ = ["Heartbeat"]

_OFTEN = 1.0  # seconds, at most, until a worker hears that its job is called off


class Heartbeat:
    """Renews a lease in here, three times in its length or more often.

    Args:
        leases: that it is of.
        lease: to be renewed.
        stop: whether the worker is to end.

    Attributes:
        lease: the same.
        progress: of the picture, 0 to 1, for whoever looks at the job.
        facts: what else they are told, as plain values.
    """

    def __init__(
        self, leases: Leases, lease: Lease, stop: Callable[[], bool] = lambda: False
    ) -> None:
        self.lease, self.progress, self.facts = lease, 0.0, dict[str, Any]()
        self._leases, self._stop = leases, stop
        self._end, self._lost = threading.Event(), False
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def given_up(self) -> bool:
        """Whether to stop painting: the job is called off, the queue was out of reach for as long
        as the lease, or the worker is to end."""
        return self._lost or self._stop()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        alive = time.monotonic()
        while not self._end.wait(min(_OFTEN, self.lease.seconds / 3)):
            try:
                if not self._leases.renew(self.lease, self.progress, self.facts):
                    self._lost = True
                    return
                alive = time.monotonic()
            except StorageError:
                if time.monotonic() - alive > self.lease.seconds:
                    self._lost = True
                    return
