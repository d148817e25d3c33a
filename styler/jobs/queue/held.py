"""A job made ready to be kept: by itself, absolute, and known by what it is about."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from styler.errors import ImageError, InputError, OutputError
from styler.files import is_stream

from ..job import Job, Task
from ..recipe import Recipe, Source

__all__ = ["contents", "digest", "from_text", "held", "identify", "to_text"]


def held(job: Job) -> Job:
    """The job with absolute paths, and with the bytes of paintings and masks that it names.

    Raises:
        InputError: a picture comes from or goes to a pipe, a style is not known, or a picture of
            the recipe cannot be read.
        OutputError: what is there already is in the way.
    """
    tasks = []
    for task in job.tasks:
        if not isinstance(task.source, Path) or task.output is None or is_stream(task.source):
            raise InputError(f"{task}: only files can be queued; give a file or a folder, and -o")
        tasks.append(Task(task.source.absolute(), task.output.absolute()))
    folder = None if job.folder is None else job.folder.absolute()
    return replace(job, recipe=_held(job.recipe), tasks=tuple(tasks), folder=folder)


def in_the_way(job: Job) -> None:
    """Raise `OutputError` where an output is there already and is not to be replaced."""
    for task in job.tasks:
        if task.output is not None and task.output.exists() and not job.saving.force:
            raise OutputError(
                f"{task.output}: exists; choose another -o, or overwrite it with --force"
            )


def contents(job: Job) -> list[str]:
    """The digest of each picture's bytes.

    Raises:
        ImageError: one cannot be read.
    """
    found = []
    for task in job.tasks:
        assert isinstance(task.source, Path)
        try:
            found.append(digest(task.source))
        except OSError as error:
            raise ImageError(f"{task}: {error.strerror}; check the file") from None
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identify(job: Job, contents: Sequence[str], owner: str = "") -> str:
    """The id of a job: the same for the same recipe, pictures and places."""
    styles = [style for style, _ in job.recipe.styles if isinstance(style, str)]
    files = [digest(Path(style)) for style in styles if style.endswith(".style")]
    tasks = [
        [str(task.source), content, str(task.output)]
        for task, content in zip(job.tasks, contents, strict=True)
    ]
    about = [owner, to_text(job), files, tasks]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def to_text(job: Job) -> str:
    """All of a job but its tasks."""
    folder = None if job.folder is None else str(job.folder)
    saving = vars(job.saving)
    plain = {"saving": saving, "many": job.many, "folder": folder, "page": job.page}
    clips = {"preview": job.preview, "crf": job.crf}
    plain |= {name: value for name, value in clips.items() if value is not None}
    return json.dumps({"recipe": job.recipe.to_json(), **plain})


def from_text(text: str) -> Job:
    """What :func:`to_text` wrote, without tasks."""
    from ..output import Saving

    plain = json.loads(text)
    return Job(
        Recipe.from_json(plain["recipe"]),
        (),
        Saving(**plain["saving"]),
        many=plain["many"],
        folder=None if plain["folder"] is None else Path(plain["folder"]),
        page=plain["page"],
        preview=plain.get("preview"),
        crf=plain.get("crf"),
    )


def _held(recipe: Recipe) -> Recipe:
    model = str(Path(recipe.model).absolute()) if Path(recipe.model).is_dir() else recipe.model
    return replace(
        recipe,
        styles=tuple((_style(style, recipe.model), weight) for style, weight in recipe.styles),
        masks=tuple(_picture(mask, "mask") for mask in recipe.masks),
        only=None if recipe.only is None else _picture(recipe.only, "only"),
        model=model,
    )


def _style(style: Source, model: str) -> Source:
    from styler.styles import Style, preset

    if isinstance(style, bytes):
        return _picture(style, "style")
    if style.endswith(".style"):
        Style.load(style)
        return os.path.abspath(style)  # noqa: PTH100 - as it is written
    if Path(style).is_file():
        return _picture(style, "style")
    preset(style, model)
    return style


def _picture(source: Source, name: str) -> bytes:
    """The bytes of a picture, of which as much as its header has been looked at."""
    from styler import imaging
    from styler.imaging import MAX_BYTES
    from styler.imaging.streams import opened

    with opened(source, name if isinstance(source, bytes) else source, MAX_BYTES) as stream:
        data = stream.read()
    imaging.header(data, name=name if isinstance(source, bytes) else source)
    return data
