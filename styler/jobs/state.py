"""The states of a job in the queue, and of its pictures."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["STATES", "State"]

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
