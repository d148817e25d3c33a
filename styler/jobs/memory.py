"""How much memory this process has, may have, and gives back."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

from styler.errors import ParameterError

__all__ = ["apart", "ceiling", "peak", "resident", "size_of", "trim"]

_UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30, "b": 1}
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of malloc.h
# Bytes of an array with memory of its own, and bytes kept at the end of the others: the network's
# maps of a canvas of 512 pixels fit. To get theirs anew for each costs a third of the time.
_LARGE, _KEPT = 32 << 20, 128 << 20
_CGROUPS = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


def size_of(text: str) -> int:
    """Bytes of a size such as ``700MB`` or ``1.5GiB``; a plain number is bytes.

    Raises:
        ParameterError: it is none.
    """
    plain = text.strip().lower()
    unit = next((unit for unit in _UNITS if plain.endswith(unit)), "")
    try:
        size = float(plain.removesuffix(unit)) * _UNITS.get(unit, 1)
        if not 0 < size < 1e18:
            raise ValueError
    except ValueError:
        raise ParameterError(f"{text!r:.40} is no size of memory; give such as 700MB") from None
    return int(size)


def ceiling() -> float:
    """Bytes that this process may have in all: what it has, and what system and container have
    left; infinite where they do not say.
    """
    return resident() + min(_free(), _left(_CGROUPS))


def resident() -> float:
    """Bytes of memory that this process has now; the most it has had where only that is told."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return peak()


def peak() -> float:
    """The most bytes it has had so far; 0 where the system does not say."""
    try:
        from resource import RUSAGE_SELF, getrusage
    except ImportError:
        return 0.0
    unit = 1 if sys.platform == "darwin" else 1024
    return float(getrusage(RUSAGE_SELF).ru_maxrss * unit)


@cache
def apart() -> None:
    """Let every large array have memory of its own, which it gives back as it goes, and keep the
    others together for the next picture, where the C library can (glibc). Left to itself it keeps
    ever larger ones for later, and mixes them: twenty growing photos then take a third more than
    the largest alone.
    """
    if library := _glibc():
        library.mallopt(_MMAP_THRESHOLD, _LARGE)
        library.mallopt(_TRIM_THRESHOLD, _KEPT)
        library.mallopt(_ARENA_MAX, 1)


def trim(above: float = 0.0) -> None:
    """Give back what was freed and is still held for later, where the C library can (glibc).

    With ``above`` only where the process has more bytes than that: to get it anew for every picture
    costs a small one a third of its time.
    """
    library = _glibc()
    if library and resident() > above:
        library.malloc_trim(0)


@cache
def _glibc() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    import ctypes

    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") else None


def _free() -> float:
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return float("inf")
    found = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return found[0] * 1024 if found else float("inf")


def _left(root: Path) -> float:
    """What a container's limit leaves: of cgroup 2, or of cgroup 1."""
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            most = int((root / limit).read_text())
            taken = int((root / used).read_text())
            counts = (root / limit).with_name("memory.stat").read_text().split()
        except (OSError, ValueError):  # none, or "max"
            continue
        cached = int(dict(zip(counts[::2], counts[1::2], strict=False)).get("inactive_file", 0))
        return max(0.0, most - taken + cached)
    return float("inf")
