"""Errors as ``application/problem+json`` (RFC 9457): one line each, never a stack trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from styler.errors import InputError, MissingDependencyError, StylerError, TooLargeError

logger = logging.getLogger("uvicorn.error")

MEDIA_TYPE = "application/problem+json"

STATUS = "styler.status"
"""Where a request's scope has the status of a problem that its answer tells of at its end."""


@dataclass(frozen=True)
class Kind:
    """One kind of problem; ``/docs#<name>`` is its type."""

    name: str
    status: int
    title: str


KINDS = {
    kind.name: kind
    for kind in (
        Kind("unreadable-request", 400, "The request cannot be read"),
        Kind("unauthorized", 401, "A key is needed"),
        Kind("cross-origin", 403, "Other sites may not post here"),
        Kind("no-such-style", 404, "There is no such style"),
        Kind("no-such-job", 404, "There is no such job, or no such result of it"),
        Kind("no-jobs", 404, "The server takes no jobs"),
        Kind("not-acceptable", 406, "No format that is accepted can be sent"),
        Kind("upload-timeout", 408, "The upload took too long"),
        Kind("too-large", 413, "The upload is too large"),
        Kind("unsupported-media-type", 415, "This media type is not supported"),
        Kind("range-not-satisfiable", 416, "The result has no such range"),
        Kind("misdirected-request", 421, "The server is not called so"),
        Kind("invalid-input", 422, "The input cannot be used"),
        Kind("queue-full", 429, "Too many requests are waiting"),
        Kind("too-many-requests", 429, "The key is used too often"),
        Kind("internal-error", 500, "The server failed"),
        Kind("not-ready", 503, "The server is not ready"),
        Kind("wait-timeout", 503, "The wait was too long"),
        Kind("deadline", 503, "Painting took too long"),
        Kind("stopping", 503, "The server is being stopped"),
    )
}


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str
    detail: str


class ProblemDetails(BaseModel):
    """The body of every error (RFC 9457)."""

    type: str = Field(description="Stable name of this kind of problem, relative to the server.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status code, repeated.")
    detail: str = Field(description="What is wrong this time, and the remedy.")
    errors: list[FieldError] = Field(default=[], description="Field by field, where known.")


def schemas() -> dict[str, Any]:
    """OpenAPI ``components/schemas`` that :func:`documented` refers to."""
    schema = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "ProblemDetails": schema}


class Problem(HTTPException):
    """Raise to answer with a problem of a kind from ``KINDS``."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = KINDS[name]
        self.errors = errors or []
        super().__init__(self.kind.status, detail, headers)

    @classmethod
    def of_fields(cls, errors: list[FieldError]) -> Problem:
        """Input that cannot be used, told field by field."""
        return cls(
            "invalid-input", "; ".join(f"{e.field}: {e.detail}" for e in errors), errors=errors
        )


def documented(*names: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI ``responses`` for the kinds of problem that a route may answer with."""
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in (KINDS[name] for name in names):
        response = responses.setdefault(
            kind.status,
            {
                "description": kind.title,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/ProblemDetails"},
                        "examples": {},
                    }
                },
            },
        )
        if kind.title not in response["description"]:
            response["description"] += f", or: {kind.title[0].lower()}{kind.title[1:]}"
        if kind.status in (429, 503):
            response["headers"] = {
                "Retry-After": {
                    "description": "Seconds after which to try again.",
                    "schema": {"type": "integer"},
                }
            }
        response["content"][MEDIA_TYPE]["examples"][kind.name] = {"value": _EXAMPLES[kind.name]}
    return responses


def _body(kind: Kind, detail: str, errors: list[FieldError]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"/docs#{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [error.model_dump() for error in errors]
    return body


_EXAMPLES = {
    name: _body(KINDS[name], detail, errors)
    for name, detail, errors in (
        ("unreadable-request", "Missing boundary in multipart.", []),
        ("unauthorized", "send a key: Authorization: Bearer KEY", []),
        ("cross-origin", "https://example.org may not post here; open the server's own page", []),
        ("no-such-style", "there is no style 'monet'; GET /v1/styles lists them", []),
        ("no-such-job", "there is no job 2f1c; it may have been kept for long enough", []),
        ("no-jobs", "this server takes no jobs; POST /v1/stylize paints at once", []),
        ("range-not-satisfiable", "the result has 48211 bytes; ask for a range of them", []),
        ("not-acceptable", "send Accept: image/png, image/jpeg or */*", []),
        ("upload-timeout", "the upload took longer than 30 s; send less or faster", []),
        ("misdirected-request", "the server is not called example.org", []),
        ("too-large", "the request is over 50000000 bytes; send smaller pictures", []),
        ("unsupported-media-type", "send multipart/form-data, not application/json", []),
        (
            "invalid-input",
            "strength: Input should be less than or equal to 1.5",
            [FieldError(field="strength", detail="Input should be less than or equal to 1.5")],
        ),
        ("queue-full", "9 requests are inside already; try again in 2 s", []),
        ("too-many-requests", "this key is used too often; try again in 12 s", []),
        ("internal-error", "the request failed here; the server's log says why", []),
        ("not-ready", "the model is being loaded; try again in 1 s", []),
        ("deadline", "it was not done within 90 s; send smaller pictures", []),
        ("stopping", "the server is being stopped; try again in 5 s", []),
        ("wait-timeout", "no turn came within 30 s; try again later", []),
    )
}


def _response(
    kind: Kind,
    detail: str,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    # ASCII only: what a client sent may hold lone surrogates, which UTF-8 cannot.
    content = json.dumps(_body(kind, detail, errors or []), ensure_ascii=True)
    return Response(
        content,
        kind.status,
        {"Cache-Control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def answer(problem: Problem) -> Response:
    """The answer that tells of a problem."""
    return _response(problem.kind, problem.detail, problem.errors, problem.headers)


def install(app: FastAPI) -> None:
    """Answer every exception with a problem."""
    for exception, handler in _HANDLERS.items():
        app.add_exception_handler(exception, handler)


async def told(request: Request, error: Exception) -> dict[str, Any]:
    """The problem that an exception is, where the answer has begun already.

    The request's line in the log has its status rather than that of the answer.
    """
    kind = next(kind for kind in type(error).__mro__ if kind in _HANDLERS)
    if kind is Exception:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    response = await _HANDLERS[kind](request, error)
    request.scope[STATUS] = response.status_code
    body: dict[str, Any] = json.loads(bytes(response.body))
    if "retry-after" in response.headers:
        body["retry_after"] = int(response.headers["retry-after"])
    return body


async def _on_http(request: Request, error: HTTPException) -> Response:
    if isinstance(error, Problem):
        return answer(error)
    status = HTTPStatus(error.status_code)
    name = {400: "unreadable-request", 413: "too-large"}.get(status.value)
    if name:
        return _response(KINDS[name], str(error.detail), headers=error.headers)
    headers = dict(error.headers or {})
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    body = {"type": "about:blank", "title": status.phrase, "status": status.value}
    body["detail"] = f"{request.method} {request.url.path}: {status.description or status.phrase}"
    return Response(json.dumps(body), status.value, headers, MEDIA_TYPE)


def _methods(request: Request) -> set[str]:
    """The methods that the address takes, by whichever route."""
    found = set[str]()
    for method in ("GET", "POST", "DELETE"):
        asked = {**request.scope, "method": method}
        if any(route.matches(asked)[0] is Match.FULL for route in request.app.router.routes):
            found |= {method, "HEAD"} if method == "GET" else {method}
    return found


async def _on_validation(request: Request, error: RequestValidationError) -> Response:
    first = dict[str, FieldError]()  # of a field whose type is a union each member complains
    for e in error.errors():
        if e["type"] == "none_required":  # what is optional may be absent: that is no advice
            continue
        told = "send a file, with a file name" if "UploadFile" in e["msg"] else e["msg"]
        field = _field(e["loc"])
        first.setdefault(field, FieldError(field=field, detail=told))
    problem = Problem.of_fields([*first.values()])
    return answer(problem)


def _field(place: Sequence[str | int]) -> str:
    """A field's name and, of several, its number; not which of its types did not fit."""
    _, *inside = place
    parts = inside[:1] + [part for part in inside[1:] if isinstance(part, int)]
    return ".".join(map(str, parts)) or "body"


async def _on_styler(request: Request, error: StylerError) -> Response:
    if isinstance(error, TooLargeError):  # what an operator might do is no advice for a client
        return _response(KINDS["too-large"], str(error).removesuffix(", or raise max-memory"))
    if isinstance(error, InputError):
        return _response(KINDS["invalid-input"], str(error))
    if isinstance(error, MissingDependencyError):
        return _response(KINDS["unsupported-media-type"], str(error))
    logger.error("%s %s failed: %s", request.method, request.url.path, error, exc_info=error)
    return _failed()


async def _on_memory(request: Request, error: MemoryError) -> Response:
    logger.error("%s %s ran out of memory", request.method, request.url.path)
    return _response(KINDS["too-large"], "not enough memory to paint this; send a smaller picture")


async def _on_disconnect(request: Request, error: ClientDisconnect) -> Response:
    return Response(status_code=499)  # nobody reads it; the number is what nginx logs


async def _on_anything(request: Request, error: Exception) -> Response:
    return _failed()  # the exception goes on to the server, which logs it


def _failed() -> Response:
    return _response(KINDS["internal-error"], "the request failed here; the server's log says why")


_HANDLERS: dict[type, Callable[..., Awaitable[Response]]] = {
    HTTPException: _on_http,
    RequestValidationError: _on_validation,
    StylerError: _on_styler,
    MemoryError: _on_memory,
    ClientDisconnect: _on_disconnect,
    Exception: _on_anything,
}
