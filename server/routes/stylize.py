"""The one heavy route: a photo and a style in, the painted photo out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, File, Form, Header, Request, Response, UploadFile
from fastapi.routing import APIRoute
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import ClientDisconnect

from ..body import UploadRequest
from ..negotiation import FORMATS, accepted, disposition, stem
from ..problems import FieldError, Problem, documented
from ..service import Service, ServiceDependency
from ..studio import Format, Order, Painting

T = TypeVar("T")
Absent = SkipJsonSchema[None]  # a form has no null to send


class AdmittedRoute(APIRoute):
    """A route that is entered by taking a place, before anything of the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def admitted(request: Request) -> Response:
            service: Service = request.app.state.service
            _ = service.studio  # a 503 while it is closed
            with service.admission.place():
                return await answer(UploadRequest(request.scope, request.receive))

        return admitted


router = APIRouter(prefix="/v1", tags=["painting"], route_class=AdmittedRoute)

_PICTURE = {
    "description": "The painted photo: upright, of the same width and height as `content`.",
    "content": {
        f"image/{name}": {"schema": {"type": "string", "format": "binary"}} for name in FORMATS
    },
    "headers": {
        "Content-Disposition": {
            "description": "A file name made of those of photo and style.",
            "schema": {"type": "string"},
        },
        "Server-Timing": {
            "description": "Milliseconds of each step: wait, decode, style, stylize, encode.",
            "schema": {"type": "string"},
            "example": "decode;dur=9.1, style;dur=0.4, stylize;dur=71.0, encode;dur=60.2",
        },
    },
}

# Joins the schema of the form, which cannot say this by itself.
_ONE_OF_TWO = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {"oneOf": [{"required": ["style"]}, {"required": ["preset"]}]}
            }
        }
    }
}


@router.post(
    "/stylize",
    summary="Paint a photo",
    response_class=Response,
    openapi_extra=_ONE_OF_TWO,
    responses={
        200: _PICTURE,
        **documented(
            "unreadable-request",
            "upload-timeout",
            "too-large",
            "unsupported-media-type",
            "invalid-input",
            "queue-full",
            "internal-error",
            "not-ready",
            "wait-timeout",
        ),
    },
)
async def stylize(
    request: Request,
    service: ServiceDependency,
    content: Annotated[UploadFile, File(description="The photo: JPEG, PNG, WebP, AVIF, TIFF...")],
    style: Annotated[
        UploadFile | Absent, File(description="Any picture to take the style of.")
    ] = None,
    preset: Annotated[
        str | Absent,
        Form(max_length=100, description="Or the name of a preset.", examples=["monet-impression"]),
    ] = None,
    strength: Annotated[
        float,
        Form(
            ge=0,
            le=1.5,
            allow_inf_nan=False,
            description="0 leaves the photo as it is, 1 is the style, more exaggerates it.",
        ),
    ] = 1.0,
    format: Annotated[
        Format | Absent, Form(description="Of the result; without it `Accept` decides, else PNG.")
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
) -> Response:
    """Send `content` and exactly one of `style` and `preset`.

    The same request gives the same bytes. Nothing that is sent is kept, apart from the statistics
    of recent `style` pictures. Metadata of the photo (place, camera) is not passed on.
    """
    painted_as = _absent_if_blank(style)
    if (painted_as is None) == (preset is None):
        what = "both were sent" if preset is not None else "neither was sent"
        detail = f"send exactly one of style (a picture) and preset (a name); {what}"
        raise Problem("invalid-input", detail, errors=[FieldError(field="style", detail=detail)])
    if preset is not None:
        service.studio.check_preset(preset)
    order = Order(
        content=await content.read(),
        style=await painted_as.read() if painted_as else None,
        preset=preset,
        strength=strength,
        format=format or accepted(accept),
    )
    painting = await _unless_gone(
        request,
        service.admission.run(lambda: service.studio.paint(order), abandon=order.abandoned.set),
    )
    painted_in = preset or stem(painted_as.filename if painted_as else None)
    return Response(
        painting.data,
        media_type=f"image/{order.format}",
        headers={
            "Content-Disposition": disposition(stem(content.filename), painted_in, order.format),
            "Cache-Control": "no-store",  # a photo of somebody's
            "Vary": "Accept",
            "Server-Timing": _timing(painting),
        },
    )


def _absent_if_blank(upload: UploadFile | None) -> UploadFile | None:
    """A form with no file chosen sends a file without name or bytes: that is no file."""
    return upload if upload and (upload.filename or upload.size) else None


def _timing(painting: Painting) -> str:
    """``Server-Timing``, which browsers show among their developer tools."""
    notes = {"style": ';desc="cached"'} if painting.style_cached else {}
    return ", ".join(
        f"{name}{notes.get(name, '')};dur={ms:.1f}" for name, ms in painting.milliseconds.items()
    )


async def _unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which is cancelled as soon as the client hangs up."""
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({working, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        gone.cancel()
        await asyncio.gather(working, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
