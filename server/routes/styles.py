"""The presets, and styles that clients have saved."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Path, Request, Response, UploadFile
from pydantic import BaseModel, Field

from styler.controls import STYLE_SIZE
from styler.errors import did_you_mean, one_line

from .. import conditional
from ..form import Absent
from ..problems import Problem, documented
from ..query import no_query
from ..state import StateDependency
from ..uploads import taken
from .admitted import REFUSALS, AdmittedRoute, unless_gone

router = APIRouter(
    prefix="/v1", tags=["painting"], route_class=AdmittedRoute, dependencies=[Depends(no_query)]
)

_TAG = {"ETag": {"description": "Changes when the answer does.", "schema": {"type": "string"}}}
_REFUSALS = (
    "unauthorized",
    "misdirected-request",
    "invalid-input",
    "too-many-requests",
    "not-ready",
)
_UNCHANGED: dict[int | str, Any] = {304: {"description": "As the client has it already"}}


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
        200: {"headers": _TAG},
        **_UNCHANGED,
        **documented(*_REFUSALS),
    },
)
async def styles(request: Request, state: StateDependency) -> Response:
    """Names to send as `preset`, with the paintings behind them."""
    presets = [_preset(name, style) for name, style in state.pipeline.presets.items()]
    headers = {"Cache-Control": "public, max-age=60"}
    return conditional.answer(request, Presets(styles=presets), headers=headers)


@router.get(
    "/styles/{name}",
    summary="Look up a style",
    response_model=Preset,
    response_description="The style.",
    responses={
        200: {"headers": _TAG},
        **_UNCHANGED,
        **documented("no-such-style", *_REFUSALS),
    },
)
async def one_style(
    request: Request,
    state: StateDependency,
    name: Annotated[str, Path(description="A preset's name, or the id of a saved style.")],
) -> Response:
    """Whether a preset or a saved style is there. Saved ones go when many newer ones have come."""
    style = state.pipeline.saved(name)
    if style is None:
        otherwise = "GET /v1/styles lists them; a saved one may have to be sent again"
        hint = did_you_mean(name, state.pipeline.presets, otherwise)
        raise Problem("no-such-style", f"there is no style {one_line(name)[:99]!r}; {hint}")
    headers = {"Cache-Control": "no-cache"}
    return conditional.answer(request, _preset(name, style), headers=headers)


@router.post(
    "/styles",
    status_code=201,
    summary="Save a style",
    response_model=Preset,
    response_description="The style is kept, under this name.",
    responses={
        201: {
            "headers": _TAG
            | {"Location": {"description": "Its address.", "schema": {"type": "string"}}}
        },
        **documented(*REFUSALS),
    },
)
async def save_style(
    request: Request,
    state: StateDependency,
    style: Annotated[UploadFile, File(description="Any picture to take the style of.")],
    style_size: Annotated[
        Annotated[int, Field(ge=STYLE_SIZE.low, le=STYLE_SIZE.high)] | Absent,
        Form(description=STYLE_SIZE.help),
    ] = None,
) -> Response:
    """Send a picture once, and its name as `preset` from then on.

    The name is made of its bytes: the same picture has the same. Only statistics of it are kept.
    """
    data, pipeline = await taken(style), state.pipeline
    size = style_size or state.settings.style_size
    cost = pipeline.style_cost(data)
    work = state.admission.run(lambda _: pipeline.save(data, size), cost)
    name = await unless_gone(request, work)
    state.metrics.pixels.inc(cost.pixels)
    return conditional.answer(
        request,
        Preset(name=name, title=None, artist=None, year=None),
        status=201,
        headers={"Location": f"/v1/styles/{name}", "Cache-Control": "no-store"},
    )


def _preset(name: str, style: Any) -> Preset:
    return Preset(name=name, title=style.title, artist=style.artist, year=style.year)
