"""What there is of memory."""

from pathlib import Path

import pytest

from styler.errors import ParameterError
from styler.jobs import memory


@pytest.mark.parametrize(
    ("text", "size"),
    [("700MB", 700_000_000), ("1.5 GiB", 3 << 29), ("64kb", 64_000), ("12b", 12), ("4096", 4096)],
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert memory.size_of(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "0", "many", "nan", "inf", "1PB"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ParameterError, match="700MB"):
        memory.size_of(text)


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    assert memory._left(tmp_path) == float("inf")
    (tmp_path / "memory.current").write_text("600")
    (tmp_path / "memory.stat").write_text("anon 300\ninactive_file 250\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._left(tmp_path) == float("inf")
    (tmp_path / "memory.max").write_text("1000\n")
    assert memory._left(tmp_path) == 1000 - 600 + 250
    (tmp_path / "memory.max").unlink()
    (tmp_path / "memory").mkdir()
    for name, text in (("limit_in_bytes", "500"), ("usage_in_bytes", "600"), ("stat", "cache 1")):
        (tmp_path / "memory" / f"memory.{name}").write_text(text)
    assert memory._left(tmp_path) == 0


def test_what_the_process_has() -> None:
    memory.apart()
    memory.trim()
    assert 0 < memory.resident() <= 1.1 * memory.peak() and memory.ceiling() > memory.resident()
