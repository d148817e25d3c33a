"""Options and limits common to all tests."""

import os

# Before numpy, torch or onnxruntime read it: results and timings must not depend on the core count.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--runslow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--runslow"):
        return
    skip = pytest.mark.skip(reason="slow: needs --runslow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def random_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """Architecture and norm to the folder of an exported network with random weights."""
    from tests.networks import write_model

    return cache(lambda a, n: write_model(tmp_path_factory.mktemp(f"{a}-{n}"), a, n))


@pytest.fixture
def two_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of shipped models, were there another one, ``other``, with a preset ``blobs``."""
    from styler.models import shipped
    from tests.networks import vary_model

    folder = tmp_path / "shipped"
    shutil.copytree(shipped() / "default", folder / "default")
    vary_model(folder / "default", folder / "other")
    for module in ("models.folder", "styles.library"):
        monkeypatch.setattr(f"styler.{module}.shipped", lambda: folder)
    return folder
