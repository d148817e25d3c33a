"""The written description names what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from styler_server.app import create_app
from styler_server.problems import KINDS
from styler_server.settings import Settings

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text("utf-8")
ROWS = re.findall(r"^\| (.+?) \| (.+?) \|", TEXT, re.MULTILINE)


def test_settings_and_their_defaults() -> None:
    documented = {name.strip("`"): value for name, value in ROWS if name.startswith("`STYLER_")}
    for name, field in Settings.model_fields.items():
        value = documented.pop(f"STYLER_{name.upper()}")
        if field.default is not None:
            assert value == str(field.default).lower()
    assert list(documented) == ["STYLER_HOST`, `STYLER_PORT"]


def test_problems() -> None:
    documented = {name.strip("`"): value for name, value in ROWS if name.startswith("`/docs#")}
    assert documented == {f"/docs#{kind.name}": str(kind.status) for kind in KINDS.values()}


def test_addresses() -> None:
    documented = set(re.findall(r"`(GET|POST|DELETE) (/[^`]*)`", TEXT))
    described = {
        (verb.upper(), path)
        for path, verbs in create_app().openapi()["paths"].items()
        for verb in verbs
    }
    assert described <= documented
    assert documented - described == {("GET", p) for p in ("/docs", "/openapi.json", "/")}
