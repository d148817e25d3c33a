"""Jobs: pictures that are painted when their turn comes, and looked after meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Path, Request, Response, UploadFile
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from styler.imaging import FORMATS as KNOWN
from styler.jobs import Job as Ordered
from styler.jobs import Saving
from styler.jobs.queue import Entry, Status

from ..form import (
    A_STYLE,
    SEVERAL,
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
from ..negotiation import Format, stem
from ..orders import files, recipe_of
from ..problems import Problem, answer, documented
from ..query import no_query
from ..state import State, StateDependency
from ..uploads import taken
from .admitted import REFUSALS, AdmittedRoute

_TICK = 0.5  # seconds between two looks at a job whose events are told
_SILENCE = 30  # looks after which something is said, for those on the way who hang up on silence
_WATCHERS = 100  # streams of events of one worker process

ClipFormat = Literal["mp4", "mov", "mkv", "webm"]
_MEDIA = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/matroska",
    ".webm": "video/webm",
}


class _JobRoute(AdmittedRoute):
    several = SEVERAL | {"content"}

    def refuse(self, state: State) -> None:
        state.jobs.check()


router = APIRouter(
    prefix="/v1/jobs", tags=["jobs"], route_class=_JobRoute, dependencies=[Depends(no_query)]
)

_LOOKED_FOR = ("unauthorized", "no-such-job", "no-jobs", "misdirected-request", "invalid-input")


class Result(BaseModel):
    """One picture of a job."""

    name: str = Field(description="Of the file that it becomes.", examples=["lake.png"])
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    attempts: int = Field(description="Times that it has been begun.")
    error: str | None = Field(description="Why it failed, or has to be tried again.")
    note: str | None = Field(description="What of the photo is not in the painting.")
    progress: float = Field(description="The part that is painted, from 0 to 1.")
    frames: int | None = Field(description="Of a clip, once they are counted.")
    painted: int | None = Field(description="Frames that are painted.")
    width: int | None
    height: int | None
    href: str | None = Field(description="Where it is, once it is done.")


class Job(BaseModel):
    """How a job stands."""

    id: str = Field(examples=["2f1c5a1e0d9b4c7aa0e3b5d6c7f80912"])
    state: Literal["queued", "running", "done", "failed", "cancelled"] = Field(
        description="Over are `done`, `failed` where a picture is, and `cancelled`."
    )
    progress: float = Field(description="The part that is over, from 0 to 1.")
    total: int = Field(description="Its pictures.")
    done: int = Field(description="Those that are painted.")
    created: datetime
    finished: datetime | None = Field(description="When the last picture was over.")
    expires: datetime | None = Field(description="Until when it is kept, once it is over.")
    results: list[Result]


async def _owner(request: Request, state: StateDependency) -> str:
    """Whose jobs a request may see: those of its key, where keys are needed."""
    if not state.settings.keys:
        return ""
    _, _, key = request.headers.get("authorization", "").partition(" ")
    return hashlib.sha256(key.strip().encode("latin-1", "replace")).hexdigest()


Owner = Annotated[str, Depends(_owner)]
Id = Annotated[str, Path(description="Of the job.", max_length=64)]

_ADDRESS = {"description": "Its address.", "schema": {"type": "string"}}


@router.post(
    "",
    status_code=202,
    summary="Queue a job",
    response_model=Job,
    response_description="It is queued, or was before.",
    openapi_extra=A_STYLE,
    responses={
        202: {"headers": {"Location": _ADDRESS}},
        **documented("no-jobs", *REFUSALS),
    },
)
@with_controls
async def add(
    request: Request,
    state: StateDependency,
    owner: Owner,
    content: Annotated[list[UploadFile], File(description="The photo or clip, or several.")],
    style: Styles = None,
    preset: Presets = None,
    weight: Weights = None,
    mask: Masks = None,
    only: Only = None,
    format: Annotated[
        Format | ClipFormat | Absent,
        Form(description="Of the results; by default PNG and, of clips, MP4."),
    ] = None,
    quality: Quality = None,
    lossless: Lossless = False,
    bits: Bits = None,
    exif: Exif = False,
    preview: Annotated[
        Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | Absent,
        Form(description="Seconds of a clip to paint, from its beginning; by default all."),
    ] = None,
    crf: Annotated[
        Annotated[int, Field(ge=0, le=63)] | Absent,
        Form(description="Constant rate factor of a clip; lower is better and larger."),
    ] = None,
    webhook: Annotated[
        str | Absent,
        Form(
            max_length=2000,
            description="An address that is told of the end, at a host that the server allows.",
        ),
    ] = None,
    **given: Any,
) -> Response:
    """Send what `POST /v1/stylize` takes, with one `content` or several, which may be clips.
    `Location` is the job.

    The pictures are kept until the job has been over for as long as the server keeps jobs. The
    same job has the same address: to send it again queues only what failed.
    """
    ending = None
    if format is not None:
        ending = KNOWN[format].extensions[0] if format in KNOWN else f".{format}"
    recipe = await recipe_of(state, style, preset, weight, mask, only, given)
    saving = Saving(quality=quality, lossless=lossless, bits=bits, exif=exif)
    order = Ordered(recipe, (), saving, preview=preview, crf=crf)
    uploads = [(stem(one.filename) or "photo", await taken(one)) for one in files(content)]
    id = await asyncio.to_thread(state.jobs.add, order, ending, uploads, owner, webhook)
    state.jobs.wake()
    found = await asyncio.to_thread(_look, state, id, owner)
    headers = {"Location": f"/v1/jobs/{id}", "Cache-Control": "no-store"}
    return Response(found.model_dump_json(), 202, headers, "application/json")


@router.get(
    "/{id}",
    summary="Look at a job",
    response_model=Job,
    response_description="How it stands.",
    responses=documented(*_LOOKED_FOR, "internal-error"),
)
async def look(state: StateDependency, owner: Owner, id: Id) -> Response:
    """How far it is, and where its results are."""
    found = await asyncio.to_thread(_look, state, id, owner)
    headers = {"Cache-Control": "no-store"}
    return Response(found.model_dump_json(), 200, headers, "application/json")


@router.get(
    "/{id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "An event whenever something changes, until it is over.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **documented(*_LOOKED_FOR, "queue-full", "internal-error"),
    },
)
async def events(state: StateDependency, owner: Owner, id: Id) -> Response:
    """Server-sent events: `progress` with the job as `GET` tells it, and at last one that is named
    after its state, or `removed`."""
    await asyncio.to_thread(_look, state, id, owner)
    if state.jobs.watchers >= _WATCHERS:
        raise Problem(
            "queue-full", "too many follow jobs already; look again", headers={"Retry-After": "5"}
        )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _followed(state, id, owner), headers=headers, media_type="text/event-stream"
    )


@router.get(
    "/{id}/results/{number}",
    summary="Get a result",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The painted photo or clip.",
            "content": {
                media: {"schema": {"type": "string", "format": "binary"}}
                for media in ("image/*", "video/*")
            },
        },
        206: {"description": "A range of it."},
        **documented(*_LOOKED_FOR, "unreadable-request", "range-not-satisfiable", "internal-error"),
    },
)
async def result(
    state: StateDependency,
    owner: Owner,
    id: Id,
    number: Annotated[int, Path(ge=0, le=1000, description="Which one, from 0.")],
) -> Response:
    """The painted photo or clip, or the range of it that `Range` asks for."""
    _, entries = await asyncio.to_thread(state.jobs.look, id, owner)
    done = [e for e in entries if e.number == number and e.state == "done" and e.output.is_file()]
    if not done:
        raise Problem("no-such-job", f"the job has no result {number}, or not yet")
    output = done[0].output
    return _Ranged(
        output,
        filename=_name(done[0]),
        media_type=_MEDIA.get(output.suffix),
        content_disposition_type="inline",
        headers={"Cache-Control": "no-store"},
    )


@router.delete(
    "/{id}",
    status_code=204,
    summary="Remove a job",
    response_class=Response,
    response_description="It is called off, and gone with all its pictures.",
    responses=documented(*_LOOKED_FOR, "cross-origin", "internal-error"),
)
async def remove(state: StateDependency, owner: Owner, id: Id) -> Response:
    """What is painted at this moment is given up."""
    await asyncio.to_thread(_look, state, id, owner)
    await asyncio.to_thread(state.jobs.remove, id)
    return Response(status_code=204)


class _Ranged(FileResponse):
    """A file, whose ranges that cannot be had are problems."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused: Message | None = None

        async def told(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                refused = message
            if refused is None:
                await send(message)

        await super().__call__(scope, receive, told)
        if refused is not None:
            size = self.headers["content-length"]
            problem = (
                Problem("unreadable-request", "the Range cannot be read; send bytes=FIRST-LAST")
                if refused["status"] == 400
                else Problem(
                    "range-not-satisfiable",
                    f"the result has {size} bytes; ask for a range of them",
                    headers={"Content-Range": f"bytes */{size}"},
                )
            )
            await answer(problem)(scope, receive, send)


async def _followed(state: State, id: str, owner: str) -> AsyncIterator[bytes]:
    state.jobs.watchers += 1
    try:
        told, silent = None, 0
        while not state.draining:
            try:
                found = await asyncio.to_thread(_look, state, id, owner)
            except Problem:
                yield format_sse_event(event="removed", data_str="{}")
                return
            over = found.finished is not None
            if found != told:
                told, silent = found, 0
                name = found.state if over else "progress"
                yield format_sse_event(event=name, data_str=found.model_dump_json())
            elif (silent := silent + 1) % _SILENCE == 0:
                yield KEEPALIVE_COMMENT
            if over:
                return
            await asyncio.sleep(_TICK)
    finally:
        state.jobs.watchers -= 1


def _look(state: State, id: str, owner: str) -> Job:
    status, entries = state.jobs.look(id, owner)
    return Job(
        id=status.id,
        state=status.state,
        progress=round(status.progress, 4),
        total=status.total,
        done=status.counts["done"],
        created=_time(status.created),
        finished=_time(status.finished),
        expires=_time(_end(status)),
        results=[_result(status, entry) for entry in entries],
    )


def _result(status: Status, entry: Entry) -> Result:
    folder, frames = f"{entry.output.parent}/", entry.facts.get("frames")
    href = f"/v1/jobs/{status.id}/results/{entry.number}" if entry.state == "done" else None
    return Result(
        name=_name(entry),
        state=entry.state,
        attempts=entry.attempts,
        error=_told(entry.error, folder),
        note=_told(entry.facts.get("warning"), folder),
        progress=round(entry.progress, 4),
        frames=frames,
        painted=frames if entry.state == "done" else entry.facts.get("painted"),
        width=entry.facts.get("width"),
        height=entry.facts.get("height"),
        href=href,
    )


def _told(line: str | None, folder: str) -> str | None:
    """A line without the server's own folder in it."""
    return None if line is None else line.replace(folder, "")


def _name(entry: Entry) -> str:
    """The file's name without the number that makes it unique."""
    return entry.output.name.partition("-")[2]


def _end(status: Status) -> float | None:
    if status.finished is None or status.keep is None:
        return None
    return status.finished + status.keep


def _time(at: float | None) -> Any:
    return None if at is None else datetime.fromtimestamp(at, UTC)
