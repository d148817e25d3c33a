"""ASGI middleware: who may ask, by which name, and from which pages."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from styler.errors import one_line

from ..problems import Problem, answer

_SAFE = ("GET", "HEAD", "OPTIONS")
_OPEN = ("/livez", "/readyz")  # probes have no keys, and call the server by its address


class Guard:
    """Refuses what comes under another name, from another site's page, or without a key.

    Args:
        names: the server's own; none is any. ``*.example.org`` is all below it.
        keys: SHA-256 of each key, in hexadecimal; without any no key is needed. Page and
            description are open even so.
    """

    def __init__(self, app: ASGIApp, names: tuple[str, ...], keys: tuple[str, ...]) -> None:
        self.app, self.names = app, names
        self.keys = [key.encode() for key in keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._problem(scope) if scope["type"] == "http" else None
        if problem is None:
            await self.app(scope, receive, send)
        else:
            await answer(problem)(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        headers, path = Headers(scope=scope), scope["path"]
        host = headers.get("host", "")
        if path not in _OPEN and not self._is_own(host):
            return Problem("misdirected-request", f"the server is not called {one_line(host)[:99]}")
        if scope["method"] not in _SAFE and _is_foreign(headers, host):
            origin = one_line(headers.get("origin", "another site"))[:99]
            return Problem(
                "cross-origin", f"{origin} may not post here; open the server's own page"
            )
        guarded = path.startswith("/v1/") or path == "/metrics"
        if guarded and self.keys and not self._is_known(headers.get("authorization", "")):
            return Problem(
                "unauthorized",
                "send a key: Authorization: Bearer KEY",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return None

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            name = ""
        return not self.names or any(
            name == own or (own.startswith("*.") and name.endswith(own[1:])) for own in self.names
        )

    def _is_known(self, authorization: str) -> bool:
        scheme, _, key = authorization.partition(" ")
        given = hashlib.sha256(key.strip().encode("latin-1", "replace")).hexdigest().encode()
        known = [hmac.compare_digest(given, own) for own in self.keys]  # all of them, in any case
        return scheme.lower() == "bearer" and any(known)


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site's page sends it."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None:  # behind a proxy the name may be another
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("//")[2] != host
