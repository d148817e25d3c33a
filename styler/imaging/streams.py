"""Paths, bytes and streams as one kind of stream, and failures as one kind of error."""

from __future__ import annotations

import io
import os
import re
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from styler.errors import ImageError, MissingDependencyError, StylerError, TooLargeError
from styler.files import printable

from .codecs import formats

if TYPE_CHECKING:
    from collections.abc import Iterator

_OTHER_KIND = re.compile(
    r"^(unknown|unsupported) (?!data)|^decoder \w+ not available", re.IGNORECASE
)
"""How Pillow says that a file may well be sound."""

Source = str | os.PathLike[str] | bytes | BinaryIO


def label_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    return "the picture"


@contextmanager
def opened(source: Source, where: str, max_bytes: int) -> Iterator[BinaryIO]:
    """A seekable stream over the source, at its start, of at most ``max_bytes``."""
    if isinstance(source, bytes | bytearray | memoryview):
        stream: BinaryIO = io.BytesIO(source)
        size = len(source)
    elif isinstance(source, str | os.PathLike):
        try:
            stream = Path(source).open("rb")  # noqa: SIM115
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ImageError(f"{where}: {reason}; check the path") from error
        status = os.fstat(stream.fileno())
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            with stream as pipe:
                stream, size = _drained(pipe, where, max_bytes)
    else:
        stream, size = _drained(source, where, max_bytes)
    with stream:
        if size > max_bytes:
            raise TooLargeError(
                f"{where}: {size} bytes are over the limit of {max_bytes}; "
                "make the file smaller or raise the limit"
            )
        yield stream


def _drained(pipe: BinaryIO, where: str, max_bytes: int) -> tuple[io.BytesIO, int]:
    """All of a stream, unless its first bytes are no picture (an endless one stops there)."""
    try:
        data = _at_most(pipe, 32)
        if formats.sniff(data):
            data += _at_most(pipe, max_bytes + 1 - len(data))
    except (OSError, ValueError) as error:
        raise ImageError(f"{where}: cannot be read ({error}); check the source") from error
    return io.BytesIO(data), len(data)


def _at_most(pipe: BinaryIO, count: int) -> bytes:
    """Up to ``count`` bytes; a pipe may give fewer than asked for before its end."""
    parts = []
    while count > 0 and (part := pipe.read(min(count, 1 << 20))):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


@contextmanager
def typed(where: str) -> Iterator[None]:
    """Every failure in here is the file's: one typed error with one line."""
    try:
        yield
    except MissingDependencyError as error:
        raise MissingDependencyError(f"{where}: {error}") from error
    except StylerError:
        raise
    except MemoryError as error:
        raise TooLargeError(
            f"{where}: not enough memory to decode it; make the picture smaller"
        ) from error
    except Exception as error:
        # Decoders answer damage with nearly every exception there is: OSError, SyntaxError,
        # ValueError, struct.error, zlib.error, IndexError, KeyError, TypeError...
        if type(error).__name__.startswith("DecompressionBomb"):
            raise TooLargeError(f"{where}: too many pixels; make the picture smaller") from error
        reason = printable(" ".join(str(error).split())) or type(error).__name__
        what, remedy = "damaged or incomplete", "get a fresh copy or save it anew"
        if _OTHER_KIND.search(reason):
            what, remedy = "a kind of picture that is not read here", "save it as PNG or JPEG"
        raise ImageError(f"{where}: {what} ({reason}); {remedy}") from error
