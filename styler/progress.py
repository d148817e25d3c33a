"""How far a piece of work is, told to whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Listener", "advance", "telling"]

Listener = Callable[[str, float], None]
"""Takes the name of a step, and how much of it is done, 0 to 1."""


def _nobody(step: str, share: float) -> None:
    pass


_listener: ContextVar[Listener] = ContextVar("listener", default=_nobody)


@contextmanager
def telling(listener: Listener) -> Iterator[None]:
    """In here :func:`advance` tells ``listener``, in this thread alone."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def advance(step: str, share: float) -> None:
    """So much of a step is done."""
    _listener.get()(step, share)
