"""The one heavy route: a photo and a style in, the painted photo out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, File, Form, Header, Request, Response, UploadFile
from fastapi.routing import APIRoute
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect

from styler.jobs import Job, Recipe, Saving, Task

from ..form import Absent, Masks, Only, Presets, Styles, Weights, checked, controls, with_controls
from ..middleware.body import UploadRequest
from ..negotiation import FORMATS, Format, accepted, disposition, stem
from ..pipeline import Order, Painting
from ..problems import FieldError, Problem, documented
from ..query import no_query
from ..state import State, StateDependency

T = TypeVar("T")


class KnownFields(UploadRequest):
    """A request whose form has these fields and no others."""

    def __init__(self, request: Request, known: Mapping[str, bool]) -> None:
        super().__init__(request.scope, request.receive)
        self._known = known

    async def form(self, **_: Any) -> FormData:  # type: ignore[override]
        form = await super().form()
        try:
            return checked(form, self._known)
        except Problem:
            await form.close()
            raise


class AdmittedRoute(APIRoute):
    """A route that is entered by taking a place, before anything of the body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        known = {
            field.alias: field.field_info.is_required() for field in self.dependant.body_params
        }

        async def admitted(request: Request) -> Response:
            state: State = request.app.state.styler
            _ = state.pipeline  # a 503 while it is closed
            with state.admission.place():
                return await answer(KnownFields(request, known))

        return admitted


router = APIRouter(
    prefix="/v1",
    tags=["painting"],
    route_class=AdmittedRoute,
    dependencies=[Depends(no_query)],
)

_PICTURE = {
    "description": "The painted photo: upright, as large as `content` or as `size` leaves it.",
    "content": {
        f"image/{name}": {"schema": {"type": "string", "format": "binary"}} for name in FORMATS
    },
    "headers": {
        "Content-Disposition": {
            "description": "A file name made of those of photo and styles.",
            "schema": {"type": "string"},
        },
        "Server-Timing": {
            "description": "Milliseconds of each step: wait, decode, style, stylize, encode.",
            "schema": {"type": "string"},
            "example": "decode;dur=9.1, style;dur=0.4, stylize;dur=71.0, encode;dur=60.2",
        },
        "Styler-Note": {
            "description": "What of `content` is not in the painting, where there is such a thing.",
            "schema": {"type": "string"},
            "example": "content: the first of its 5 frames is painted alone; ...",
        },
    },
}

# Joins the schema of the form, which cannot say this by itself.
_A_STYLE = {
    "requestBody": {
        "content": {
            "multipart/form-data": {
                "schema": {"anyOf": [{"required": ["style"]}, {"required": ["preset"]}]}
            }
        }
    }
}


@router.post(
    "/stylize",
    summary="Paint a photo",
    response_class=Response,
    openapi_extra=_A_STYLE,
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
@with_controls
async def stylize(
    request: Request,
    state: StateDependency,
    content: Annotated[UploadFile, File(description="The photo: JPEG, PNG, WebP, AVIF, TIFF...")],
    style: Styles = None,
    preset: Presets = None,
    weight: Weights = None,
    mask: Masks = None,
    only: Only = None,
    format: Annotated[
        Format | Absent, Form(description="Of the result; without it `Accept` decides, else PNG.")
    ] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
    **given: Any,
) -> Response:
    """Send `content` and at least one `style` or `preset`.

    Several styles are mixed by `weight`; with a `mask` for each they go side by side. First come
    the files, then the presets, each in the order sent; weights and masks follow that order.

    The same request gives the same bytes. Nothing that is sent is kept, apart from the statistics
    of recent `style` pictures. Metadata of the photo (place, camera) is not passed on.
    """
    paintings, presets = _files(style), [name for name in preset or () if name]
    count = len(paintings) + len(presets)
    if not count:
        raise _invalid("style", "send at least one style (a picture) or preset (a name)")
    masks = _files(mask)
    for field, sent in (("weight", len(weight or ())), ("mask", len(masks))):
        if sent not in (0, count):
            raise _invalid(field, f"{field}: {sent} for {count} styles; send one for each, or none")
    for name in presets:
        state.pipeline.check_preset(name)
    region = _files([only] if only else None)
    styles: list[str | bytes] = [await upload.read() for upload in paintings]
    styles += presets
    kind = format or accepted(accept)
    recipe = Recipe(
        styles=tuple(zip(styles, weight or [1.0] * count, strict=True)),
        controls=controls(given, state.settings),
        masks=tuple([await upload.read() for upload in masks]),
        only=await region[0].read() if region else None,
        model=state.settings.model,
    )
    task = Task(await content.read())
    order = Order(Job(recipe, (task,), Saving(format=kind, exif=False)))
    painting = await _unless_gone(
        request,
        state.admission.run(lambda: state.pipeline.paint(order), abandon=order.abandoned.set),
    )
    names = [stem(upload.filename) or "painted" for upload in paintings] + presets
    return Response(
        painting.data,
        media_type=f"image/{kind}",
        headers={
            "Content-Disposition": disposition(stem(content.filename), "+".join(names), kind),
            "Cache-Control": "no-store",  # a photo of somebody's
            "Vary": "Accept",
            "Server-Timing": _timing(painting),
            **({"Styler-Note": painting.note} if painting.note else {}),
        },
    )


def _files(uploads: list[UploadFile] | None) -> list[UploadFile]:
    """A form with no file chosen sends a file without name or bytes: that is no file."""
    return [upload for upload in uploads or () if upload.filename or upload.size]


def _invalid(field: str, detail: str) -> Problem:
    return Problem("invalid-input", detail, errors=[FieldError(field=field, detail=detail)])


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
