"""The presets."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from ..problems import documented
from ..query import no_query
from ..state import StateDependency

router = APIRouter(prefix="/v1", tags=["painting"], dependencies=[Depends(no_query)])


class Preset(BaseModel):
    """A painting whose style is known by name."""

    name: str = Field(description="What to send as `preset`.", examples=["monet-impression"])
    title: str | None = Field(None, examples=["Impression, Sunrise"])
    artist: str | None = Field(None, examples=["Claude Monet"])
    year: str | None = Field(None, examples=["1872"])


class Presets(BaseModel):
    """All presets, sorted by name."""

    styles: list[Preset]


@router.get(
    "/styles",
    summary="List the presets",
    response_model=Presets,
    response_description="The presets.",
    responses={
        304: {"description": "As the client has it already"},
        **documented("invalid-input", "not-ready"),
    },
)
async def styles(request: Request, state: StateDependency) -> Response:
    """Names to send as `preset`, with the paintings behind them."""
    presets = Presets(
        styles=[
            Preset(name=name, title=style.title, artist=style.artist, year=style.year)
            for name, style in state.pipeline.presets.items()
        ]
    )
    body = presets.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=60"}
    known = [
        t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")
    ]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")
