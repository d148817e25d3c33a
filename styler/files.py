"""Files written whole or not at all: a kill leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from styler.errors import OutputError, StorageError, one_line

__all__ = [
    "TEMPORARY_SUFFIX",
    "beside",
    "check_folder",
    "exists",
    "is_stream",
    "place",
    "printable",
    "replacing",
    "storing",
    "sweep",
    "sync",
    "sync_folder",
    "write_bytes",
]

TEMPORARY_SUFFIX = ".styler-part"
"""Ending of the temporary files that the finished ones take the place of."""

TOO_LONG = "{}: the name is too long for its disk; give a shorter one, by -o or --name"

_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""What no other name in the same place would mend."""


def write_bytes(data: bytes, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Put ``data`` at ``path`` atomically.

    Without ``force`` an existing file is never replaced, even one that appears meanwhile.
    A symbolic link is followed. A pipe or a device is written into and stays what it is.

    Raises:
        OutputError: it exists, or this path cannot be written.
        StorageError: nothing can be written there, as on a full disk.
    """
    try:
        with storing(path):
            if is_stream(path):
                with Path(path).open("wb") as stream:
                    stream.write(data)
                return
            with replacing(path, force=force) as temporary:
                temporary.write_bytes(data)
    except FileExistsError as error:
        raise exists(path) from error


@contextlib.contextmanager
def storing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn an `OSError` in here into the library's own, but for ``FileExistsError``.

    Raises:
        OutputError: this path cannot be written.
        StorageError: nothing can be written there.
    """
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise OutputError(TOO_LONG.format(printable(os.fspath(path)))) from error
        kind = StorageError if error.errno in _MACHINE else OutputError
        raise kind(
            f"{printable(os.fspath(path))}: cannot be written ({error.strerror}); "
            "check the folder, its permissions and the space left"
        ) from error


def check_folder(folder: Path) -> None:
    """Raise what :func:`write_bytes` would raise of any file in ``folder``, as far as that shows
    before it has bytes.
    """
    with storing(folder):
        tempfile.TemporaryFile(dir=folder).close()


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether there is a pipe or a device at ``path``: it takes bytes, and holds no older file."""
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):  # ValueError: a name with a zero in it
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], *, force: bool = True) -> Iterator[Path]:
    """The path of an empty file to write to; it takes the place of ``path`` at the end.

    Raises ``FileExistsError`` where there is a file by then and ``force`` is not set, and
    ``OutputError`` where there is something else than a file.
    """
    target = Path(os.path.realpath(path))
    if Path(path).exists() and not Path(path).is_file():
        raise OutputError(f"{printable(os.fspath(path))}: is no file; choose another name")
    with beside(target) as temporary:
        yield temporary
        sync(temporary)
        place(temporary, target, force)


@contextlib.contextmanager
def beside(target: Path, stem: str = "") -> Iterator[Path]:
    """The path of an empty file in the same folder, which is gone afterwards; ``stem`` is what
    nobody else calls one, and begins with a dot."""
    temporary = target.parent / f"{stem or f'.{secrets.token_hex(8)}'}{TEMPORARY_SUFFIX}"
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        yield temporary
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def sync(path: Path) -> None:
    """Have what was written to a file on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Have the names of its files on the disk, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def place(temporary: Path, target: Path, force: bool) -> None:
    """Let a whole file take the place of ``target``, in whose folder it is.

    Raises ``FileExistsError`` where there is a file and ``force`` is not set.
    """
    if force:
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(target, temporary)
        temporary.replace(target)
        return
    try:
        os.link(temporary, target)  # fails if the target exists: nothing is ever overwritten
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name, then replace the claim
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        temporary.replace(target)


def exists(path: str | os.PathLike[str]) -> OutputError:
    """The error of a file that is in the way."""
    return OutputError(
        f"{printable(os.fspath(path))}: exists already; choose another name or use --force"
    )


def printable(name: str) -> str:
    """A name as one printable line, of which the end is kept where it is long."""
    text = one_line(name)
    return text if len(text) <= 200 else f"...{text[-197:]}"


def sweep(folder: Path, age: float = 60) -> None:
    """Remove the unfinished files that killed runs left; younger ones may be another run's."""
    for path in folder.rglob(f".*{TEMPORARY_SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > age:
                path.unlink()
