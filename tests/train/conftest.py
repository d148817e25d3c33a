"""A machine without a network."""

from pathlib import Path

import pytest


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither a network nor what was downloaded before."""

    def unreachable(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("torchvision.models.vgg16", unreachable)
    monkeypatch.setattr("torchvision.models.vgg19", unreachable)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
