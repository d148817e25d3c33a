"""The page at ``/`` and the API's description at ``/docs``, both from ``server/page``."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_FOLDER = Path(__file__).parent.parent / "page"
_REVALIDATE = {"Cache-Control": "no-cache"}  # ask each time; the answer is mostly 304
_LASTING = {"Cache-Control": "public, max-age=86400"}  # pictures: two dozen, and seldom new ones


class _Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_LASTING if path.endswith(".webp") else _REVALIDATE)
        return response


async def _page(request: Request) -> Response:
    return FileResponse(_FOLDER / "index.html", headers=_REVALIDATE)


async def _docs(request: Request) -> Response:
    return FileResponse(_FOLDER / "docs.html", headers=_REVALIDATE)


async def _to_docs(request: Request) -> Response:
    return RedirectResponse("docs")


def install(app: FastAPI, *, page: bool) -> None:
    """Serve ``/docs`` and its files, and ``/``: the page, or without it the docs."""
    app.add_route("/", _page if page else _to_docs, include_in_schema=False)
    app.add_route("/docs", _docs, include_in_schema=False)
    app.mount("/page", _Files(directory=_FOLDER))
