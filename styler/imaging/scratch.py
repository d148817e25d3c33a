"""Arrays for the pixels of a picture: in memory, or on disk where they are too many for it.

What lies on disk is a file without a name in the folder for temporary files (``TMPDIR``). It is
filled and read by bands of rows, and :func:`release` takes the pages of a band that is done out of
the process's memory.
"""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from styler.errors import StorageError
from styler.halt import checkpoint

__all__ = ["bands", "copied", "empty", "like", "on_disk", "release"]

Pixels = NDArray[Any]

_PIXELS = 1 << 18
"""Of a band: some megabytes, whatever is made of it."""


def empty(shape: tuple[int, ...], dtype: DTypeLike, *, disk: bool = False) -> Pixels:
    """An array to be filled.

    Raises:
        StorageError: there is no room for it on disk.
    """
    if not disk:
        return np.empty(shape, dtype)
    size = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        with tempfile.TemporaryFile() as file:
            if hasattr(os, "posix_fallocate"):  # a page without a place would end the process
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return np.memmap(file, dtype, "r+", shape=shape)
    except OSError as error:
        raise StorageError(
            f"the folder for temporary files has no room for {size / 1e6:.0f} MB of pixels "
            f"({error.strerror or error}); free some, set TMPDIR, or raise max-memory"
        ) from error


def like(pixels: Pixels, shape: tuple[int, ...] | None = None) -> Pixels:
    """An array to be filled, of that dtype and, by default, shape, where that one is."""
    return empty(shape or pixels.shape, pixels.dtype, disk=on_disk(pixels))


def copied(pixels: Pixels) -> Pixels:
    """Another array of the same values, where that one is."""
    copy = like(pixels)
    for rows in bands(*pixels.shape[:2]):
        copy[rows] = pixels[rows]
        release(pixels, copy)
    return copy


def on_disk(pixels: Pixels) -> bool:
    """Whether an array is one of those on disk, or a part of one."""
    return isinstance(pixels, np.memmap) and _mapping(pixels) is not None


def release(*arrays: Pixels | None) -> None:
    """Let go of the memory of arrays on disk; those in memory stay as they are."""
    for pixels in arrays:
        mapping = None if pixels is None else _mapping(pixels)
        if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)  # the file keeps what was written


def bands(height: int, width: int) -> Iterator[slice]:
    """The rows of a picture, some at a time, until the work is called off."""
    step = max(1, _PIXELS // width)
    for top in range(0, height, step):
        checkpoint()
        yield slice(top, min(top + step, height))


def _mapping(pixels: Pixels) -> mmap.mmap | None:
    mapping: mmap.mmap | None = getattr(pixels, "_mmap", None)
    return mapping
