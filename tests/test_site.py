"""The site builds without a warning, asks nobody, has the whole reference and a run notebook."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import styler
import styler.norm
from styler.controls import CONTROLS

pytest.importorskip("mkdocs", reason="the docs install")

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [SCRIPT, folder],
        env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class Page(HTMLParser):
    """What a page loads by itself, and the names of its places."""

    LOADS = ("audio", "embed", "iframe", "img", "link", "object", "script", "source", "video")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.places.add(found.get("id") or "")
        if tag in self.LOADS:
            self.loads += [v for k in ("src", "href", "data") if (v := found.get(k))]


def test_no_page_asks_anybody_else(site: Path) -> None:
    pages = sorted(site.glob("*.html"))
    assert len(pages) > 15
    for path in pages:
        loads = Page(path).loads
        assert loads, path
        assert [load for load in loads if re.match(r"(?:\w+:)?//", load)] == [], path.name
    for path in site.rglob("*.css"):
        style = path.read_text("utf-8")
        assert not re.search(r"@import|url\([\"']?(?:https?:)?//", style), path.name


def test_the_reference_is_complete(site: Path) -> None:
    for page, names in (("python", styler.__all__), ("norm_reference", styler.norm.__all__)):
        shown = {place.rpartition(".")[2] for place in Page(site / f"{page}.html").places}
        assert {*names} - shown == set()


def test_keywords_made_at_import_are_in_the_reference(site: Path) -> None:
    text = (site / "python.html").read_text("utf-8")
    assert "(controls)" not in text and ":class:" not in text and ":meth:" not in text
    assert all(f"<code>{control}</code>" in text for control in CONTROLS)


def test_the_notebook_painted(site: Path) -> None:
    painted = [load for load in Page(site / "notebook.html").loads if load.startswith("notebook_")]
    assert len(painted) == 4
    assert all((site / picture).stat().st_size > 10_000 for picture in painted)


def test_the_notebook_is_kept_without_results() -> None:
    """They are made anew, and would be megabytes."""
    cells = json.loads((ROOT / "docs" / "notebook.ipynb").read_text("utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


def test_a_link_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    """In a site of one page with the settings of ours."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Here\n[there](nowhere.md) [place](#none)\n")
    (tmp_path / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: docs\nnav: [index.md]\nplugins: []\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0 and "2 warnings in strict mode" in done.stdout
    assert "nowhere.md" in done.stderr and "#none" in done.stderr
    assert "build --strict" in SCRIPT.read_text("utf-8")
