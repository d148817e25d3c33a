"""The table of all methods, made from the registry.

``python -m styler.norm.catalogue docs/norm.md`` renews it in the page.
"""

import sys
from functools import partial
from pathlib import Path

from styler.errors import InputError
from styler.norm import entry, names
from styler.norm.registry import FAMILIES, Entry

__all__ = ["BEGIN", "END", "renewed", "table"]

BEGIN, END = "<!-- methods: begin -->", "<!-- methods: end -->"
_HEAD = (
    "name",
    "class and function",
    "statistics over",
    "formula",
    "sees the batch",
    "modes differ",
    "shines",
    "source",
)


def table() -> str:
    """One markdown table for each family, under its heading."""
    parts = []
    for family in FAMILIES:
        rows = [_cells(entry(name)) for name in names(family)]
        lines = [_line(_HEAD), _line(("---",) * len(_HEAD)), *map(_line, rows)]
        parts.append("\n".join([f"### {family.capitalize()}", "", *lines]))
    return "\n\n".join(parts)


def renewed(page: str) -> str:
    """``page`` with the table between its two marks made anew."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputError(f"the page has no marks {BEGIN} and {END}: put them where the table goes")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _cells(e: Entry) -> tuple[str, ...]:
    yes = {True: "yes", False: "no"}
    name = f"`{e.name}`" + (f" (torch: `{e.torch}`)" if e.torch else "")
    return name, _faces(e), e.axes, f"`{e.formula}`", yes[e.batch], yes[e.modes], e.shines, e.source


def _faces(e: Entry) -> str:
    """The class and the function of a method, as one imports them."""
    build, options = e.build, ""
    if isinstance(build, partial):
        options = ", ".join(f"{name}={value!r}" for name, value in build.keywords.items())
        build = build.func
    faces = [f"`{build.__name__}`" + (f" (`{options}`)" if options else "")]
    if e.functional is not None:
        faces.append(f"`{e.functional.__name__}`")
    return ", ".join(faces)


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(renewed(target.read_text(encoding="utf-8")), encoding="utf-8")
