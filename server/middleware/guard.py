"""ASGI middleware: who may ask, by which name, from which pages, and how often."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from styler.errors import one_line

from ..problems import Problem, answer

if TYPE_CHECKING:
    from ..rates import Rates

_SAFE = ("GET", "HEAD", "OPTIONS")
_OPEN = ("/livez", "/readyz")  # probes have no keys, and call the server by its address


class Guard:
    """Refuses what comes under another name, from another site's page, without a key, or too often.

    Args:
        names: the server's own; none is any. ``*.example.org`` is all below it.
        keys: SHA-256 of each key, in hexadecimal; without any no key is needed. Page and
            description are open even so.
        rate: how often each key may be used for ``/v1/``; by default as often as it likes.
    """

    def __init__(
        self,
        app: ASGIApp,
        names: tuple[str, ...],
        keys: tuple[str, ...],
        rate: str | None = None,
    ) -> None:
        self.app, self.names, self.keys = app, names, keys
        self.rates: Rates | None = None
        if rate is not None:
            from ..rates import Rates

            self.rates = Rates(rate)

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
        if self.keys and (path.startswith("/v1/") or path == "/metrics"):
            key = self._known(headers.get("authorization", ""))
            if key is None:
                return Problem(
                    "unauthorized",
                    "send a key: Authorization: Bearer KEY",
                    headers={"WWW-Authenticate": "Bearer"},
                )
            seconds = self.rates.spend(key) if self.rates and path != "/metrics" else 0
            if seconds:
                return Problem(
                    "too-many-requests",
                    f"this key is used too often; try again in {seconds} s",
                    headers={"Retry-After": str(seconds)},
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

    def _known(self, authorization: str) -> str | None:
        """The hash of the key that is sent, if it is one of those."""
        scheme, _, key = authorization.partition(" ")
        given = hashlib.sha256(key.strip().encode("latin-1", "replace")).hexdigest()
        known = [own for own in self.keys if hmac.compare_digest(given, own)]  # looks at all
        return known[0] if known and scheme.lower() == "bearer" else None


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site's page sends it."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None:  # behind a proxy the name may be another
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("//")[2] != host
