"""Outputs are coded by their names."""

from pathlib import Path

import pytest

from styler.errors import OutputError, ParameterError
from styler.video.coding import Coding


@pytest.mark.parametrize(
    ("name", "container", "codec"),
    [
        ("a.mp4", "mp4", "libx264"),
        ("a.MOV", "mov", "libx264"),
        ("a.mkv", "matroska", "libx264"),
        ("a.webm", "webm", "libvpx-vp9"),
        ("a.gif", "gif", "ffv1"),
        ("a.webp", "webp", "ffv1"),
    ],
)
def test_the_name_tells(name: str, container: str, codec: str) -> None:
    coding = Coding.of(Path(name), None)
    assert (coding.container, coding.codec) == (container, codec)
    assert coding.even(7, 4) == ((7, 4) if coding.moving else (6, 4))


def test_the_factor_is_that_of_the_codec() -> None:
    assert dict(Coding.of(Path("a.mp4"), 30).options)["crf"] == "30"
    assert dict(Coding.of(Path("a.mp4"), None).options)["crf"] == "18"
    with pytest.raises(ParameterError, match="crf has no effect"):
        Coding.of(Path("a.gif"), 30)


@pytest.mark.parametrize("name", ["a", "a.jpg", "a.txt"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(OutputError, match="none of the endings"):
        Coding.of(Path(name), None)
