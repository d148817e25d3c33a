"""The one heavy route: a photo and a style in, the painted photo out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Header, Request, Response, UploadFile

from styler.imaging import FORMATS as KNOWN
from styler.imaging import check_options
from styler.jobs import Job, Saving, Task

from .. import events
from ..form import (
    A_STYLE,
    Absent,
    Bits,
    Exif,
    Lossless,
    Masks,
    Only,
    Presets,
    Quality,
    Styles,
    Weights,
    with_controls,
)
from ..negotiation import FORMATS, Format, accepted, disposition, file_name, stem, wants_events
from ..orders import files, named, recipe_of
from ..pipeline import Order, Painting
from ..problems import Problem, documented
from ..query import no_query
from ..state import StateDependency
from ..uploads import taken
from .admitted import REFUSALS, AdmittedRoute, unless_gone

router = APIRouter(
    prefix="/v1",
    tags=["painting"],
    route_class=AdmittedRoute,
    dependencies=[Depends(no_query)],
)

_EVENTS = """event: waiting
data: {"before": 2}

event: painting
data: {"step": "paint", "percent": 40}

event: painted
data: {"name": "photo-monet.png", "type": "image/png", "etag": "...", "picture": "iVBORw0KGgo..."}
"""

_PICTURE = {
    "description": "The painted photo: upright, as large as `content` or as `size` leaves it.",
    "content": {
        f"image/{name}": {"schema": {"type": "string", "format": "binary"}} for name in FORMATS
    }
    | {events.MEDIA_TYPE: {"schema": {"type": "string"}, "example": _EVENTS}},
    "headers": {
        "Content-Disposition": {
            "description": "A file name made of those of photo and styles.",
            "schema": {"type": "string"},
        },
        "ETag": {
            "description": "A hash of the picture: the same request gives the same.",
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


@router.post(
    "/stylize",
    summary="Paint a photo",
    response_class=Response,
    openapi_extra=A_STYLE,
    responses={
        200: _PICTURE,
        **documented("not-acceptable", *REFUSALS),
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
    quality: Quality = None,
    lossless: Lossless = False,
    bits: Bits = None,
    exif: Exif = False,
    accept: Annotated[str, Header(include_in_schema=False)] = "*/*",
    **given: Any,
) -> Response:
    """Send `content` and at least one `style` or `preset`.

    Several styles are mixed by `weight`; with a `mask` for each they go side by side. First come
    the files, then the presets, each in the order sent; weights and masks follow that order.

    The same request gives the same bytes. Nothing that is sent is kept, apart from the statistics
    of recent `style` pictures. Metadata of the photo (place, camera) is not passed on.

    With `Accept: text/event-stream` the answer is a stream of events: `waiting` with how many go
    `before`, `painting` with `step` and `percent`, and at last `painted`, with the `picture` in
    Base64 and what headers tell otherwise, or `problem`.
    """
    streamed = wants_events(accept)
    kind = format or accepted(accept) or ("png" if streamed else None)
    if kind is None:
        formats = ", ".join(f"image/{name}" for name in FORMATS)
        raise Problem("not-acceptable", f"send Accept: */*, or one of {formats}")
    check_options(KNOWN[kind], quality=quality, lossless=lossless, bits=bits or 8)
    recipe = await recipe_of(state, style, preset, weight, mask, only, given)
    saving = Saving(format=kind, quality=quality, lossless=lossless, bits=bits, exif=exif)
    order, pipeline = Order(Job(recipe, (Task(await taken(content)),), saving)), state.pipeline
    paintings = files(style)
    cost = await asyncio.to_thread(pipeline.cost, order)
    names = [stem(upload.filename) or "painted" for upload in paintings] + named(preset)
    name = file_name(stem(content.filename), "+".join(names), kind)
    job = partial(pipeline.paint, order)

    async def work() -> Painting:
        painting = await state.admission.run(job, cost)
        state.metrics.painted(painting.milliseconds, cost.pixels, painting.style_cached, paintings)
        if state.tracing is not None:
            state.tracing.steps(painting.milliseconds)
        return painting

    def now() -> events.Event:
        before = state.admission.before(job)
        if before is not None:
            return "waiting", {"before": before}
        return "painting", {"step": order.progress.step, "percent": order.progress.percent}

    def last(painting: Painting) -> Iterator[bytes]:
        told = {"name": name, "type": f"image/{kind}", "etag": painting.tag}
        told |= {"note": painting.note} if painting.note else {}
        return events.with_bytes("painted", told, "picture", painting.data)

    if streamed:
        return await events.answer(request, work(), now, last)
    painting = await unless_gone(request, work())
    return Response(
        painting.data,
        media_type=f"image/{kind}",
        headers={
            "Content-Disposition": disposition(name),
            "ETag": painting.tag,
            "Cache-Control": "no-store",  # a photo of somebody's
            "Vary": "Accept",
            "Server-Timing": _timing(painting),
            **({"Styler-Note": painting.note} if painting.note else {}),
        },
    )


def _timing(painting: Painting) -> str:
    """``Server-Timing``, which browsers show among their developer tools."""
    notes = {"style": ';desc="cached"'} if painting.style_cached else {}
    return ", ".join(
        f"{name}{notes.get(name, '')};dur={ms:.1f}" for name, ms in painting.milliseconds.items()
    )
