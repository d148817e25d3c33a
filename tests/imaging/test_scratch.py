"""Pixels in memory or on disk: the same values."""

import errno
import os
from typing import Any

import numpy as np
import pytest

from styler.errors import StorageError
from styler.imaging import bands, like, on_disk, release
from styler.imaging.scratch import empty


def test_what_is_on_disk_stays_when_its_memory_is_let_go() -> None:
    pixels = empty((40, 50, 3), np.uint16, disk=True)
    values = np.random.default_rng(0).integers(0, 65536, pixels.shape, np.uint16)
    for rows in bands(40, 50):
        pixels[rows] = values[rows]
        release(pixels)
    assert np.array_equal(pixels, values)
    assert on_disk(pixels) and on_disk(pixels[3:5]) and on_disk(like(pixels))
    assert not on_disk(pixels + 1) and not on_disk(like(values)) and not on_disk(pixels.copy())
    release(values, None)


def test_bands_cover_every_row_once() -> None:
    for height, width in ((1, 1), (7, 10**6), (5000, 3), (700, 900)):
        rows = [row for part in bands(height, width) for row in range(height)[part]]
        assert rows == [*range(height)]


def test_a_full_disk_is_told_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(StorageError, match=r"no room for 1 MB .*TMPDIR"):
        empty((1000, 1000), np.uint8, disk=True)
