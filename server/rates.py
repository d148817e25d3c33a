"""How often each key may be used."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

__all__ = ["Rates"]


class Rates:
    """Counts the uses of keys within a window that moves along.

    Args:
        rate: such as ``60/minute``, ``5/second`` or ``1000/day``.

    Raises:
        ValueError: it is none.
    """

    def __init__(self, rate: str) -> None:
        self._rate = parse(rate)
        self._uses = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, key: str) -> int:
        """Use a key once: 0, or the seconds after which it may be used again."""
        if self._uses.hit(self._rate, key):
            return 0
        free = self._uses.get_window_stats(self._rate, key).reset_time
        return max(1, math.ceil(free - time.time()))
