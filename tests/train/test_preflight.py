"""The survey before a run."""

import shutil
from pathlib import Path

import pytest

from styler.errors import TrainingError
from styler.train.preflight import preflight
from tests.train.tiny import config, prepare


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = prepare(tmp_path_factory.mktemp("preflight"))
    shutil.copy(folder / "style" / "0.png", folder / "style" / "again.png")
    (folder / "content" / "broken.jpg").write_bytes(b"no picture")
    return folder


def test_counts_verifies_and_estimates(folder: Path) -> None:
    found = preflight(config(folder, crop=48, cached_crops=2, accumulate=2), steps=1)
    text = "\n".join(found.lines)
    assert "photos     3, short side 40 to 47 pixels" in text
    assert "paintings  4, short side 40 to 47 pixels, 0 grey" in text
    assert "24 steps, 96 photos" in text
    assert "on cpu in float32" in text
    assert "memory     0.0 GiB for crops that come again" in text
    assert found.seconds > 0


def test_warns_of_what_to_mend(folder: Path) -> None:
    warnings = preflight(config(folder, crop=47), steps=1).warnings
    assert any("broken.jpg" in warning for warning in warnings)
    assert "only 3 photos: the network will know little else; add some" in warnings
    assert "2 photos are smaller than --crop 47 and will be enlarged" in warnings
    assert "1 paintings repeat others; remove them" in warnings


def test_leaves_nothing_behind(folder: Path) -> None:
    preflight(config(folder, "none"), steps=1)
    assert not (folder / "none").exists()


def test_fails_as_the_run_would(folder: Path) -> None:
    with pytest.raises(TrainingError, match="is not a folder"):
        preflight(config(folder, content=folder / "nowhere"))


@pytest.mark.parametrize("architecture", ["compact", "classic"])
def test_a_survey_needs_no_network(folder: Path, offline: None, architecture: str) -> None:
    run = config(folder, "survey", loss_network=None, architecture=architecture)
    warnings = preflight(run, steps=1).warnings
    assert any("vgg16" in w and "--loss-network" in w for w in warnings)
    assert any("vgg19" in w and "--encoder" in w for w in warnings) == (architecture == "classic")
