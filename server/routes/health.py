"""Whether the process lives, and whether it can paint."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ..metrics import MEDIA_TYPE
from ..problems import documented
from ..state import StateDependency, Status

router = APIRouter(tags=["health"])


class Alive(BaseModel):
    """The process answers."""

    status: str = "ALIVE"


class Readiness(BaseModel):
    """What the server is doing."""

    status: Status = Field(
        description="STARTING: the model is being loaded. READY: send pictures. BUSY: ready, but "
        "the queue is full and a new picture would be refused. FAILED: the model could not be "
        "loaded. DRAINING: the server is being stopped."
    )
    requests: int = Field(description="Requests inside: painted, or waiting.")
    capacity: int = Field(description="Requests that may be inside at once.")


@router.get("/livez", summary="Is the process alive?", response_description="It is.")
async def livez(response: Response) -> Alive:
    """Answers as long as the event loop turns; the model is not touched."""
    response.headers["Cache-Control"] = "no-store"
    return Alive()


@router.get(
    "/readyz",
    summary="Can it paint?",
    response_description="Yes: READY, or BUSY with as much as it takes.",
    responses={503: {"model": Readiness, "description": "Not yet, not at all, or no more"}},
)
async def readyz(response: Response, state: StateDependency) -> Readiness:
    """200 once the model is loaded, 503 until then."""
    response.headers["Cache-Control"] = "no-store"
    status = state.status
    if status in ("STARTING", "FAILED", "DRAINING"):
        response.status_code = 503
    return Readiness(
        status=status, requests=state.admission.taken, capacity=1 + state.settings.queue
    )


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    response_description="Requests by outcome, seconds, pixels, memory.",
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **documented("unauthorized", "misdirected-request"),
    },
)
async def metrics(state: StateDependency) -> Response:
    """Of this worker process."""
    return Response(
        state.metrics.text(), headers={"Cache-Control": "no-store", "Content-Type": MEDIA_TYPE}
    )
