"""How many threads a container's quota leaves."""

import os
from pathlib import Path

import pytest

from styler.inference.engine import available_threads

CPUS = 6


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(CPUS)), raising=False)


@pytest.mark.parametrize(
    ("limit", "threads"),
    [
        ("max 100000", CPUS),
        ("200000 100000", 2),
        ("250000 100000", 2),
        ("50000 100000", 1),
        ("6400000 100000", CPUS),
        ("0 100000", CPUS),
        ("200000 0", CPUS),
        ("nonsense", CPUS),
        ("", CPUS),
    ],
)
def test_cgroup_2(tmp_path: Path, limit: str, threads: int) -> None:
    (tmp_path / "cpu.max").write_text(limit + "\n")
    assert available_threads(tmp_path) == threads


@pytest.mark.parametrize(("quota", "threads"), [("-1", CPUS), ("300000", 3), ("10000", 1)])
def test_cgroup_1(tmp_path: Path, quota: str, threads: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert available_threads(tmp_path) == threads


def test_no_cgroup(tmp_path: Path) -> None:
    assert available_threads(tmp_path) == CPUS


def test_no_affinity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_threads(tmp_path) == 1
