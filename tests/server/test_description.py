"""Every answer is as the description says: schemathesis with all its checks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection
from styler_server.app import create_app

from tests.server.conftest import PRESETS, Gate, picture, ready, serving
from tests.video.clips import scenes, write

SCHEMA = schemathesis.openapi.from_dict(create_app().openapi())
PNG = picture()
CLIP = write(Path(mkdtemp(), "clip.mp4"), scenes(2)).read_bytes()
ALONE = ("weight", "mask", "lossless", "bits", "webhook", "preview", "crf")
CLIPS = ("mp4", "mov", "mkv", "webm")
GENERATED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("jobs")
    with serving(Gate(), job_folder=str(folder), job_limit=10_000) as client:
        ready(client)
        yield str(client.base_url)


def check(case: Any, address: str) -> None:
    excluded = []
    if isinstance(case.body, dict) and case.meta.generation.mode is GenerationMode.POSITIVE:
        case.body = sound(case.body)
        excluded = [negative_data_rejection]  # which takes what is put in for a violation
    case.call_and_validate(base_url=address, excluded_checks=excluded)


def sound(form: dict[str, Any]) -> dict[str, Any]:
    """A form in order also where a schema has no words for it: bytes that are a picture, names that
    are known, as many weights as styles, options that the format has."""
    values: dict[str, Any] = {
        "content": PNG,
        "style": [PNG],
        "only": PNG,
        "preset": [*PRESETS][:1],
        "size": "100",
    }
    left = {name: value for name, value in form.items() if name not in ALONE}
    if isinstance(form.get("content"), list):  # a job may have several
        values["content"] = [PNG]
    if form.get("format") in CLIPS:
        values["content"] = [CLIP]
        left.pop("quality", None)
    return left | {name: value for name, value in values.items() if name in form}


@SCHEMA.parametrize()
@settings(max_examples=20, **GENERATED)
def test_answers_are_as_described(case: Any, address: str) -> None:
    check(case, address)


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=900, **GENERATED)
def test_so_are_thousands(case: Any, address: str) -> None:
    check(case, address)
