"""A job as a value: a recipe, and which picture becomes which file."""

from __future__ import annotations

import glob
import itertools
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from styler.errors import InputError, OutputError
from styler.files import is_stream

from .ledger import Paintings
from .naming import Pattern
from .output import Saving
from .recipe import Recipe

__all__ = ["PAINTED", "PIPE", "Job", "Task", "plan"]

PIPE = "-"
PAINTED = ("jpeg", "png", "webp", "avif", "tiff", "bmp")  # GIF has too few colours for paint


@dataclass(frozen=True)
class Task:
    """One picture of a job.

    Attributes:
        source: its path or, encoded, itself; ``None`` is what the runner's ``stdin`` gives.
        output: where to; ``None`` hands the painting over, encoded.
        name: what errors call it; by default its path.
    """

    source: Path | bytes | None
    output: Path | None = None
    name: str | None = None

    def __str__(self) -> str:
        if self.name is not None:
            return self.name
        if isinstance(self.source, bytes):
            return "content"
        return str(self.source) if self.source else "stdin"


@dataclass(frozen=True)
class Job:
    """What is to be done, and to which pictures.

    Attributes:
        recipe: how to paint.
        tasks: the pictures.
        saving: how to write them.
        many: they come from a folder, a glob or a list.
        folder: that they are painted into, where there is one.
        page: which one of each file, from 1; by default all frames of what moves, and else the
            first page.
        preview: seconds of each clip, from its beginning; by default all.
        crf: constant rate factor of clips, as :func:`styler.video.paint_clip` takes it.
        left_out: pictures among them that styler itself has painted.
    """

    recipe: Recipe
    tasks: tuple[Task, ...]
    saving: Saving = field(default_factory=Saving)
    many: bool = False
    folder: Path | None = None
    page: int | None = None
    preview: float | None = None
    crf: int | None = None
    left_out: tuple[Path, ...] = ()

    @property
    def frame(self) -> int | None:
        """The page as readers count."""
        return None if self.page is None else self.page - 1


def plan(
    recipe: Recipe,
    inputs: Sequence[str],
    output: str | None,
    saving: Saving | None = None,
    *,
    page: int | None = None,
    preview: float | None = None,
    crf: int | None = None,
    clips: bool = False,
    repaint: bool = False,
    name: str | None = None,
) -> Job:
    """Pair every input with its output.

    Folders are searched recursively and mirrored under the folder `output`. A single file
    may name its output; without one it lands beside the photo as ``photo.STYLE.ext``. `name` is a
    :class:`Pattern` for what is named neither by `output` nor by standard output. Of several
    pictures those that styler itself has painted are left out, unless to `repaint` is wanted. With
    `clips` a clip becomes one.

    Raises:
        InputError: nothing matches, two would become one file, or a photo would be replaced.
        OutputError: `output` is not what these inputs need.
        ParameterError: `name` is no pattern.
    """
    pattern = None if name is None else Pattern(name)
    saving = saving or Saving()
    make = partial(Job, recipe, saving=saving, page=page, preview=preview, crf=crf)
    tag, suffix = recipe.tag, partial(_suffix, format=saving.format, clips=clips)
    if PIPE in inputs:
        if len(inputs) > 1:
            raise InputError("-: standard input is one picture; name it alone")
        return make((Task(None, None if output in (None, PIPE) else Path(str(output))),))
    found = [pair for argument in inputs for pair in _expand(argument, output)]
    many = len(inputs) > 1 or len(found) != 1 or found[0][0] != Path(inputs[0])
    if output == PIPE:
        if many:
            raise InputError("-: standard output takes one picture; use -o FOLDER for several")
        return make((Task(found[0][0]),))
    left_out: tuple[Path, ...] = ()
    if many and not repaint:
        paintings = Paintings()
        left_out = tuple(photo for photo, _ in found if photo in paintings)
        kept = {photo for photo, _ in found}.difference(left_out)
        found = [pair for pair in found if pair[0] in kept]
    folder = None
    if output is None:
        beside = pattern or Pattern("{stem}.{style}{ext}")
        tasks = [Task(p, p.with_name(beside.of(p, tag, suffix(p)))) for p, _ in found]
        for task in tasks:
            if task.source == task.output:
                raise OutputError(f"{task}: --name {name} is its own; use {{style}} in it")
            if is_stream(str(task)):
                raise OutputError(f"{task}: is no file; say with -o where its painting goes")
        outputs = {task.output for task in tasks}  # of an earlier run: a glob finds it, too
        tasks = [task for task in tasks if task.source not in outputs]
    elif many or _is_folder(output):
        folder = Path(output)
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{output}: is a file; several pictures need a folder")
        if not _is_folder(output) and folder.suffix.lower() in _extensions():
            raise OutputError(
                f"{output}: is the name of one picture; several need a folder, such as -o painted/"
            )
        tasks = (
            _mirror(found, folder, suffix)
            if pattern is None
            else [
                Task(p, folder / relative.with_name(pattern.of(p, tag, suffix(p))))
                for p, relative in found
            ]
        )
    else:
        tasks = [Task(found[0][0], Path(output))]
    remedy = "paint their folder"
    if pattern is not None:
        remedy = "use {stem} in --name, or {name} where only their extensions differ"
    return make(tuple(_distinct(tasks, remedy)), many=many, folder=folder, left_out=left_out)


def _expand(argument: str, output: str | None) -> Iterator[tuple[Path, Path]]:
    """The pictures that `argument` means, each with its path relative to the output folder."""
    from styler.imaging.search import find_pictures, is_aside

    path, there = Path(argument), os.path.exists(argument)  # noqa: PTH110 - never raises
    if there and path.is_dir():
        if output in (None, PIPE):
            raise InputError(f"{argument}: a folder needs -o FOLDER for what is painted")
        if path.resolve() == Path(str(output)).resolve():
            raise InputError(f"{path}: -o must be another folder than that of the photos")
        files = _unpainted(find_pictures(path), path, output)
        yield from ((file, file.relative_to(path)) for file in files)
    elif there or not glob.has_magic(argument):
        if not there:
            raise InputError(f"{argument}: no such file or folder")
        yield path, Path(path.name)
    else:
        fixed = itertools.takewhile(lambda part: not glob.has_magic(part), path.parts[:-1])
        root = Path(*fixed)
        matches = [Path(name) for name in sorted(glob.glob(argument, recursive=True))]
        pictures = [m for m in matches if m.is_file() and not is_aside(m.relative_to(root))]
        files = _unpainted(pictures, root, output)
        if not files:
            raise InputError(f"{argument}: nothing matches")
        yield from ((file, file.relative_to(root)) for file in files)


def _unpainted(files: list[Path], root: Path, output: str | None) -> list[Path]:
    """All but those that an earlier run painted: those in `output` where that is under `root`."""
    there = None if output in (None, PIPE) else Path(str(output)).resolve()
    if there is None or root.resolve() not in there.parents:
        return files
    return [file for file in files if there not in file.resolve().parents]


def _mirror(
    found: list[tuple[Path, Path]], output: Path, suffix: Callable[[Path], str]
) -> list[Task]:
    """Outputs named like their photos; of those that differ only in extension, all but the one
    that keeps it have it before the new one.
    """
    names = [relative.with_suffix(suffix(source)) for source, relative in found]
    taken = Counter(names)
    return [
        Task(
            source,
            output / (name if taken[name] == 1 or name == relative else f"{relative}{name.suffix}"),
        )
        for (source, relative), name in zip(found, names, strict=True)
    ]


def _distinct(tasks: list[Task], remedy: str) -> list[Task]:
    """Each task once; no two may share an output, and of several none may replace a photo."""
    first: dict[Path | None, Task] = {}
    for task in tasks:
        other = first.setdefault(task.output, task)
        if other is not task and other.source != task.source:
            raise InputError(f"{other} and {task} would both become {task.output}; {remedy}")
    sources = (task.source for task in tasks if isinstance(task.source, Path))
    photos = {source.resolve() for source in sources} if len(first) > 1 else set()
    for task in first.values():
        if task.output is not None and task.output.resolve() in photos:
            raise InputError(f"{task}: {task.output} is one of the photos; choose another -o")
    return list(first.values())


def _extensions() -> frozenset[str]:
    from styler.imaging.search import EXTENSIONS

    return EXTENSIONS


def _suffix(source: Path, format: str | None, clips: bool) -> str:
    """The extension of what is painted: that of `format`, or the photo's own."""
    from styler.imaging import moves
    from styler.imaging.codecs.formats import FORMATS

    if clips and source.suffix.lower() not in _extensions():
        from styler.video import CONTAINERS, is_clip

        if is_clip(source):
            return source.suffix if source.suffix.lower() in CONTAINERS else ".mp4"
    if format is not None:
        return FORMATS[format].extensions[0]
    own = {extension for name in PAINTED for extension in FORMATS[name].extensions}
    if source.suffix.lower() in FORMATS["gif"].extensions and moves(source):
        return source.suffix
    return source.suffix if source.suffix.lower() in own else ".png"


def _is_folder(output: str) -> bool:
    return output.endswith(("/", "\\")) or Path(output).is_dir()
