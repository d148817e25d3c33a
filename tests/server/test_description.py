"""Every answer is as the description says: schemathesis with all its checks but one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from styler_server.app import create_app

from tests.server.conftest import PRESETS, Gate, picture
from tests.server.test_serving import ready, serving

SCHEMA = schemathesis.openapi.from_dict(create_app().openapi())
PNG = picture()
GENERATED = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("jobs")
    with serving(Gate(), job_folder=str(folder), job_limit=10_000) as client:
        ready(client)
        yield str(client.base_url)


def check(case: Any, address: str) -> None:
    """A schema has no words for bytes that are a picture, nor for as many weights as styles."""
    excluded = [positive_data_acceptance]
    if isinstance(case.body, dict) and case.meta.generation.mode is GenerationMode.POSITIVE:
        for name in ("content", "style"):
            if name in case.body:
                case.body[name] = [PNG] if isinstance(case.body[name], list) else PNG
        if "preset" in case.body:
            case.body["preset"] = [*PRESETS][:1]
        excluded.append(negative_data_rejection)  # which takes what is put in for a violation
    case.call_and_validate(base_url=address, excluded_checks=excluded)


@SCHEMA.parametrize()
@settings(max_examples=20, **GENERATED)
def test_answers_are_as_described(case: Any, address: str) -> None:
    check(case, address)


@pytest.mark.slow
@SCHEMA.parametrize()
@settings(max_examples=900, **GENERATED)
def test_so_are_thousands(case: Any, address: str) -> None:
    check(case, address)
