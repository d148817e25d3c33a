"""``styler video``."""

import json
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.video.clips import scenes, shown, write


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write(tmp_path / "clip.mp4", scenes(4)).relative_to(tmp_path)


def test_a_clip_is_painted(call: Call, clip: Path) -> None:
    done = call("video", clip, "--style", "night", "-o", "b.mp4", "--json")
    assert done.code == 0, done.err
    assert "clip.mp4 -> b.mp4  48x32  4 frames, 0.16 s" in done.err
    told = json.loads(done.out)
    assert (told["frames"], told["shots"], told["resumed"], told["notes"]) == (4, 1, 0, [])
    assert shown(Path("b.mp4"))[0] == shown(clip)[0]
    again = call("video", clip, "--style", "night", "-o", "b.mp4")
    assert again.code == 2 and "b.mp4: exists" in again.err


def test_masks_controls_and_preview(call: Call, clip: Path) -> None:
    from tests.cli.pictures import save

    save(Path("mask.png"))
    done = call(
        *("video", clip, "--style", "night", "--style", "dawn", "-o", "b.gif", "--preview", "0.1"),
        *("--mask", "mask.png", "--mask", "mask.png", "--size", "40", "--strength", "0.5", "-q"),
    )
    assert (done.code, done.out, done.err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.mp4", "-o", "b.mp4"), "none.mp4: no such file"),
        (("clip.mp4", "-o", "b.jpg"), "none of the endings"),
        (("clip.mp4", "-o", "clip.mp4"), "is the clip itself"),
        (("clip.mp4", "-o", "b.gif", "--crf", "20"), "crf has no effect"),
        (("clip.mp4", "-o", "b.mp4", "--preview", "0"), "--preview"),
    ],
)
def test_mistakes_are_one_line(
    call: Call, clip: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = call("video", *arguments, "--style", "night")
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1
    assert not Path("b.mp4").exists()


def test_the_install_that_has_it_is_named(
    call: Call, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    done = call("video", clip, "--style", "night", "-o", "b.mp4")
    assert done.code == 2 and 'pip install "styler[video]"' in done.err
