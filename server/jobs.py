"""The server's part in the queue: it takes jobs, paints between requests, and clears up."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import shutil
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from styler import files, imaging
from styler.errors import InputError, StylerError
from styler.jobs import Job, Task
from styler.jobs.clips import check, is_clip
from styler.jobs.painter import encoded
from styler.jobs.queue import Entry, Queue, Status, identify

from .admission import Admission
from .job_painter import JobPainter
from .pipeline import Order, Pipeline
from .problems import Problem
from .settings import Settings
from .webhooks import allowed, tell

logger = logging.getLogger("uvicorn.error")

__all__ = ["Jobs", "Upload"]

Upload = tuple[str, bytes]
"""The name of a photo or clip without extension, and its bytes."""

_TIDY = 5.0  # seconds between rounds of clearing up
_ORPHAN = 3600.0  # seconds after which a folder without a job goes


class Jobs:
    """Jobs over HTTP, where there is a folder for them."""

    def __init__(
        self, settings: Settings, admission: Admission, pipeline: Callable[[], Pipeline]
    ) -> None:
        self._settings, self._admission, self._pipeline = settings, admission, pipeline
        self._queue: Queue | None = None
        self._looking = threading.Lock()  # a clip's first frame is decoded, one at a time
        self._stopped = False
        self._painter: JobPainter | None = None
        self.watchers = 0  # streams of events that are open

    @property
    def queue(self) -> Queue:
        """The queue, or a ``Problem`` (404)."""
        if self._queue is None:
            raise Problem("no-jobs", "this server takes no jobs; POST /v1/stylize paints at once")
        return self._queue

    @property
    def folder(self) -> Path:
        """Where each job has a folder of its own."""
        return Path(str(self._settings.job_folder)).absolute()

    def check(self) -> None:
        """Refuse (404, 429, 503) what can be refused before the body is read."""
        _ = self.queue, self._pipeline()
        if self._admission.closed:
            raise self._admission.closed()

    def check_room(self) -> None:
        """Refuse (429) where as many jobs are unfinished as may be."""
        if self.queue.unfinished() >= self._settings.job_limit:
            raise Problem(
                "queue-full",
                f"{self._settings.job_limit} jobs are unfinished already; try again in 30 s",
                headers={"Retry-After": "30"},
            )

    @property
    def held(self) -> int:
        """Bytes of a clip that is painted, besides those of its frame that has its turn."""
        return 0 if self._painter is None else self._painter.held

    def add(
        self,
        job: Job,
        ending: str | None,
        uploads: Sequence[Upload],
        owner: str,
        webhook: str | None,
    ) -> str:
        """Keep the pictures, queue a job of them, and tell its id: the same for the same job.

        The results' names have the ``ending``, by default that of PNG and, of clips, MP4.

        Raises ``ImageError`` and ``VideoError`` for what is no picture, ``TooLargeError`` for what
        is too large to be painted, and a ``Problem`` (429) where there is no room.
        """
        if webhook is not None and not allowed(webhook, self._settings.told):
            raise InputError("webhook: this server tells no such address; leave it out")
        pipeline = self._pipeline()
        sent = [
            Task(data, _output(n, name, data, ending)) for n, (name, data) in enumerate(uploads)
        ]
        check(replace(job, tasks=tuple(sent)))
        tasks = tuple(Task(_source(pipeline, job, task), task.output) for task in sent)
        job = replace(job, tasks=tasks)
        contents = [hashlib.sha256(data).hexdigest() for _, data in uploads]
        id = identify(job, contents, owner)
        with suppress(InputError):
            self.queue.renew(id)
            return id
        self.check_room()
        folder = self.folder / id
        with files.storing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for task, (_, data) in zip(tasks, uploads, strict=True):
            files.write_bytes(data, folder / str(task.source), force=True)
        try:
            for task in tasks:
                if is_clip(folder / str(task.source), Path(str(task.output))):
                    with self._looking:
                        pipeline.check_clip(folder / str(task.source), job)
        except StylerError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise type(error)(str(error).replace(f"{folder}/", "")) from None
        held = pipeline.held(job.recipe, folder)
        placed = [Task(folder / str(task.source), folder / str(task.output)) for task in tasks]
        job = replace(job, recipe=held, tasks=tuple(placed))
        keep = self._settings.job_keep_seconds
        self.queue.add(job, contents, id=id, owner=owner, keep=keep, webhook=webhook)
        return id

    def remove(self, id: str) -> None:
        """Call a job off and forget it with its pictures."""
        self.queue.remove(id)
        shutil.rmtree(self.folder / id, ignore_errors=True)

    def look(self, id: str, owner: str) -> tuple[Status, list[Entry]]:
        """How a job of theirs stands, or a ``Problem`` (404)."""
        try:
            return self.queue.status(id, owner), self.queue.entries(id)
        except InputError:
            detail = f"there is no job {id[:40]!r}; it may have been kept for long enough"
            raise Problem("no-such-job", detail) from None

    def wake(self) -> None:
        """There is something to paint."""
        if self._painter is not None:
            self._painter.wake()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the queue, paint and clear up in here.

        Raises:
            StylerError: the queue cannot be opened.
        """
        if self._settings.jobs is None:
            yield
            return
        self._queue = Queue.open(self._settings.jobs)
        rounds = [asyncio.create_task(self._round(self._tidy, _TIDY))]
        if self._settings.job_painting:
            painter = JobPainter(self._queue, self._admission, self._pipeline, self.check)
            self._painter = painter
            rounds.append(asyncio.create_task(self._round(painter.next, 0.0)))
        try:
            yield
        finally:
            self._stopped = True
            if self._painter is not None:
                self._painter.stop()
            await asyncio.gather(*rounds)
            self._queue.close()

    async def _round(self, step: Callable[[], Awaitable[object]], pause: float) -> None:
        """One step after the other, until the server stops."""
        while not self._stopped:
            try:
                await step()
            except StylerError as error:
                logger.error("jobs: %s", error)
                await self._rest(_TIDY)
            except Exception:
                logger.exception("jobs: failed")
                await self._rest(_TIDY)
            await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopped and time.monotonic() < until:
            await asyncio.sleep(min(seconds, 0.1))

    async def _tidy(self) -> None:
        await asyncio.to_thread(tell, self.queue, self._settings.told)
        await asyncio.to_thread(self._clear)

    def _clear(self) -> None:
        """Forget what has been kept for long enough, and folders that no job knows."""
        for id in self.queue.outlived():
            self.remove(id)
        known = {status.id for status in self.queue.statuses()}
        for folder in self.folder.iterdir() if self.folder.is_dir() else ():
            if re.fullmatch("[0-9a-f]{32}", folder.name) and folder.name not in known:
                with suppress(OSError):
                    if time.time() - folder.stat().st_mtime > _ORPHAN:
                        shutil.rmtree(folder, ignore_errors=True)


def _output(number: int, name: str, data: bytes, ending: str | None) -> Path:
    """What the result of an upload is called."""
    if ending is None:
        ending = ".mp4" if is_clip(data, Path()) else ".png"
    return Path(f"{number}-{_plain(name)}{ending}")


def _source(pipeline: Pipeline, job: Job, task: Task) -> Path:
    """What an upload is kept as. Raises what :meth:`Pipeline.cost` does of a picture."""
    assert isinstance(task.source, bytes) and task.output is not None
    if is_clip(task.source, task.output):
        return Path(f"{task.output.stem}-clip")
    order, _ = encoded(job, Path(), task.output)
    pipeline.cost(Order(replace(order, tasks=(Task(task.source),))))
    kind = imaging.header(task.source, name=task.output.stem).format
    return Path(f"{task.output.stem}-photo{imaging.FORMATS[kind].extensions[0]}")


def _plain(name: str) -> str:
    """A client's name as that of a file on any disk."""
    return re.sub(r"[^A-Za-z0-9._]+", "_", name)[:60].strip("._") or "photo"
