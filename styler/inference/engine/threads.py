"""How many threads this process may really use."""

import math
import os
from pathlib import Path

__all__ = ["available_threads"]


def available_threads(root: Path = Path("/sys/fs/cgroup")) -> int:
    """CPUs of this process's affinity, cut to the container's quota, at least 1.

    A container with a quota of two CPUs on a host of 64 is slowed to a crawl by 64 threads; the
    quota is in ``cpu.max`` (cgroup 2) or ``cpu.cfs_quota_us`` (cgroup 1) and is rounded down.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(count, math.floor(_quota(root))))


def _quota(root: Path) -> float:
    try:
        quota, period = (root / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu" / "cpu.cfs_quota_us").read_text()
            period = (root / "cpu" / "cpu.cfs_period_us").read_text()
        except OSError:
            return 1e9
    try:
        share = float(quota) / float(period)
    except (ValueError, ZeroDivisionError):  # "max": no quota
        return 1e9
    return share if share > 0 else 1e9
