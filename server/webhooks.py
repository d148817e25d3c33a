"""Telling of a job's end at an address that the client gave, if the operator allows its host."""

from __future__ import annotations

import http.client
import json
import logging
import time
from urllib.parse import urlsplit

from styler.errors import InputError
from styler.jobs.queue import Queue

__all__ = ["allowed", "deliver", "tell"]

logger = logging.getLogger("uvicorn.error")

_SECONDS = 10.0  # for an answer
_AGAIN = 30.0  # until the second try; later ones wait as long as all has taken so far
_PATIENCE = 86_400.0  # for which it is tried
_PORTS = {"http": 80, "https": 443}


def allowed(url: str, hosts: tuple[str, ...]) -> bool:
    """Whether an address is at one of the hosts, at that host's port or, without one, its scheme's.

    An address with a user's name in it is at none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    own = _PORTS.get(parts.scheme)
    if own is None or not parts.hostname or "@" in parts.netloc or not url.isprintable():
        return False
    return any(_is(parts.hostname, port or own, own, host) for host in hosts)


def deliver(url: str, body: bytes) -> int:
    """Post JSON to an address, and tell the status of the answer; no redirection is followed.

    Raises:
        InputError: nobody answers there.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "User-Agent": "styler"}
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise InputError(f"{parts.hostname}: {error}") from None
    finally:
        connection.close()


def tell(queue: Queue, hosts: tuple[str, ...]) -> None:
    """Tell of every job that is over where that was asked for; ever more seldom where nobody
    answers, and for a day.

    Raises:
        StorageError: the queue cannot be used.
    """
    for status in queue.announce(_AGAIN + _SECONDS):
        gone = time.time() - (status.finished or 0.0)
        body = json.dumps({"id": status.id, "state": status.state}).encode()
        try:
            if not allowed(str(status.webhook), hosts):
                raise InputError("its host is not allowed any more")
            code = deliver(str(status.webhook), body)
            if code >= 300:
                raise InputError(f"it was answered with {code}")
        except InputError as error:
            logger.warning("job %s: its webhook was not told: %s", status.id, error)
            if gone > _PATIENCE:
                queue.announced(status.id, f"given up: {error}")
            else:
                queue.postpone(status.id, max(_AGAIN, gone))
        else:
            queue.announced(status.id, f"answered {code}")


def _is(name: str, port: int, own: int, host: str) -> bool:
    pattern, _, wanted = host.lower().rpartition(":") if ":" in host else (host.lower(), "", "")
    if port != (int(wanted) if wanted.isdigit() else own):
        return False
    return name == pattern or (pattern.startswith("*.") and name.endswith(pattern[1:]))
