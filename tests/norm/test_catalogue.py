"""The page of all methods is what the registry says."""

import re
from pathlib import Path

import pytest

import styler.norm
from styler.errors import InputError
from styler.norm import entry, names
from styler.norm.catalogue import renewed, table

PAGE = Path(__file__).parents[2] / "docs" / "norm.md"


def test_the_page_is_current() -> None:
    page = PAGE.read_text(encoding="utf-8")
    remedy = "python -m styler.norm.catalogue docs/norm.md"
    assert renewed(page) == page, f"the table is out of date: run {remedy}"


def test_every_method_has_one_row() -> None:
    lines = table().splitlines()
    for name in names():
        (row,) = [line for line in lines if line.startswith(f"| `{name}`")]
        assert entry(name).source in row
        assert row.replace("\\|", "").count("|") == 9


def test_every_row_says_what_to_import() -> None:
    for line in table().splitlines():
        if line.startswith("| `"):
            faces = re.findall(r"`(\w+)`", line.split(" | ")[1])
            assert faces and all(hasattr(styler.norm, face) for face in faces), line


def test_figures_of_the_page_exist_and_are_small() -> None:
    page = PAGE.read_text(encoding="utf-8")
    figures = [part.split(")")[0] for part in page.split("](")[1:] if "norm-" in part.split(")")[0]]
    assert len(figures) >= 3
    for figure in figures:
        assert (PAGE.parent / figure).stat().st_size < 100_000


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(InputError, match="no marks"):
        renewed("nothing")
