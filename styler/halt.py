"""Work that may be called off: it stops at the next checkpoint, between bands of rows or stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from styler.errors import StylerError

__all__ = ["AbandonedError", "checkpoint", "until"]


class AbandonedError(StylerError):
    """Nobody waits for the outcome any more."""


def _never() -> bool:
    return False


_called_off: ContextVar[Callable[[], bool]] = ContextVar("called_off", default=_never)


@contextmanager
def until(called_off: Callable[[], bool]) -> Iterator[None]:
    """In here :func:`checkpoint` asks ``called_off``, in this thread alone."""
    token = _called_off.set(called_off)
    try:
        yield
    finally:
        _called_off.reset(token)


def checkpoint() -> None:
    """Raise ``AbandonedError`` where the work has been called off."""
    if _called_off.get()():
        raise AbandonedError("nobody waits for the outcome any more")
