"""Request bodies: a limit that counts what really arrives, and uploads held in memory."""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncGenerator
from tempfile import SpooledTemporaryFile
from typing import Any

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..problems import Problem
from ..uploads import Arrival, Uploads

_MAX_FILES = 16  # a photo, a region, and seven styles with a mask each
_MAX_FIELDS = 32
_MAX_FIELD_BYTES = 4096


class BodyLimit:
    """ASGI middleware: whoever reads a body over ``max_bytes`` gets a 413, chunked or not."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        expected = int(declared) if re.fullmatch("[0-9]{1,18}", declared) else 0
        counted = 0

        async def limited() -> Message:
            nonlocal counted
            if expected > self.max_bytes:
                raise self._too_large()
            message = await receive()
            counted += len(message.get("body", b""))
            if counted > self.max_bytes:
                raise self._too_large()
            return message

        await self.app(scope, limited, send)

    def _too_large(self) -> Problem:
        return Problem(
            "too-large", f"the request is over {self.max_bytes} bytes; send smaller pictures"
        )


class _MemoryParser(MultiPartParser):
    """Keeps uploads in memory, which :class:`BodyLimit` bounds: no disk is needed, nor a thread."""

    spool_max_size = sys.maxsize


def is_picture(request: Request) -> bool:
    """Whether the body is a picture rather than a form: the fields are in the address then."""
    return request.headers.get("content-type", "").lower().startswith("image/")


class UploadRequest(Request):
    """A request whose form is multipart, small in number of parts, and arrives in time.

    A body that is a picture is the field ``raw``, and the parameters of the address are the others.
    """

    raw = "content"

    async def form(self, **_: Any) -> FormData:  # type: ignore[override]
        """The parsed form; a ``Problem`` for anything but a well-formed, timely one."""
        uploads: Uploads = self.app.state.styler.uploads
        async with uploads.one() as arrival:
            return await self._parsed(self._counted(uploads, arrival))

    async def _parsed(self, stream: AsyncGenerator[bytes, None]) -> FormData:
        if is_picture(self):
            kept = SpooledTemporaryFile(max_size=sys.maxsize)  # noqa: SIM115 - the form closes it
            async for chunk in stream:
                kept.write(chunk)
            size = kept.tell()
            kept.seek(0)
            picture = UploadFile(kept, size=size, filename=self.raw)  # type: ignore[arg-type]
            return FormData([*self.query_params.multi_items(), (self.raw, picture)])
        kind, options = parse_options_header(self.headers.get("content-type"))
        if kind != b"multipart/form-data":
            given = kind.decode("ascii", "replace") or "nothing"
            raise Problem(
                "unsupported-media-type", f"send multipart/form-data or a picture, not {given}"
            )
        if options.get(b"charset", b"utf-8").lower() != b"utf-8":
            # Python knows codecs whose decoding takes quadratic time.
            raise Problem("unsupported-media-type", "send the fields in UTF-8")
        parser = _MemoryParser(
            self.headers,
            stream,
            max_files=_MAX_FILES,
            max_fields=_MAX_FIELDS,
            max_part_size=_MAX_FIELD_BYTES,
        )
        try:
            return await parser.parse()
        except MultiPartException as error:
            raise Problem("unreadable-request", error.message) from None

    async def _counted(self, uploads: Uploads, arrival: Arrival) -> AsyncGenerator[bytes, None]:
        async for chunk in self.stream():
            uploads.count(arrival, chunk)
            yield chunk
