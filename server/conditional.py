"""Answers that a client may have already (RFC 9110, section 13)."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response
from pydantic import BaseModel

from .pipeline import tag


def answer(
    request: Request,
    model: BaseModel,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A value as JSON with an entity tag, or 304 where the client names that tag."""
    body = model.model_dump_json().encode()
    own = tag(body)
    told = {"ETag": own, **(headers or {})}
    known = [
        t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")
    ]
    if request.method == "GET" and (own in known or "*" in known):
        return Response(status_code=304, headers=told)
    return Response(body, status, told, "application/json")
