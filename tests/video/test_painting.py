"""A clip is painted steadily; a run that is ended goes on to the same bytes."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from styler import Style, Stylizer
from styler.errors import OutputError, ParameterError, TooLargeError, VideoError
from styler.halt import AbandonedError, until
from styler.imaging import Animation, Picture, encode_animation, read_animation
from styler.video import Painted, Progress, open_clip, paint_clip
from tests.video.clips import scene, scenes, shown, sound, turned, write

Paint = Callable[..., Painted]


@pytest.fixture(scope="module")
def stylizer() -> Stylizer:
    return Stylizer(threads=1)


@pytest.fixture(scope="module")
def style(stylizer: Stylizer) -> Style:
    return stylizer.style(scene(0, 64, 64, seed=5))


@pytest.fixture
def paint(stylizer: Stylizer, style: Style, monkeypatch: pytest.MonkeyPatch) -> Paint:
    """Paint a clip, in parts of three frames."""
    monkeypatch.setattr("styler.video.painting.GROUP", 3)

    def call(source: Path, output: Path, **more: Any) -> Painted:
        return paint_clip(source, output, stylizer, [(style, 1.0)], **more)

    return call


def test_all_but_the_pictures_stays(tmp_path: Path, paint: Paint) -> None:
    starts = [0, 512, 1024, 3000, 3600, 4000, 5000]
    frames = scenes(7)
    tags = {"title": "A pan"}
    path = write(tmp_path / "a.mp4", frames, starts=starts, sound=True, metadata=tags)
    told: list[Progress] = []
    done = paint(path, tmp_path / "b.mp4", told=told.append)
    times, pictures, facts = shown(tmp_path / "b.mp4")
    assert times == starts and facts == shown(path)[2]
    np.testing.assert_array_equal(sound(tmp_path / "b.mp4"), sound(path))
    assert facts["title"] == "A pan" and facts["colour"] == (1, 1, 1, 1)
    assert all(np.abs(p.astype(int) - f).mean() > 5 for p, f in zip(pictures, frames, strict=True))
    assert (done.width, done.height, done.frames, done.shots, done.notes) == (48, 32, 7, 1, ())
    assert [(p.step, p.done, p.total) for p in told] == [
        *(("look", n, 7) for n in range(1, 8)),
        *(("paint", n, 7) for n in range(1, 8)),
    ]
    assert {path.name for path in tmp_path.iterdir()} == {"a.mp4", "b.mp4"}


@pytest.mark.parametrize("name", ["b.mp4", "b.mkv", "b.webm", "b.gif"])
def test_a_run_that_is_ended_goes_on_to_the_same_bytes(
    tmp_path: Path, paint: Paint, name: str
) -> None:
    path = write(tmp_path / "a.mp4", scenes(8, cut=5))
    whole = tmp_path / f"whole-{name}"
    assert paint(path, whole).shots == 2
    ended = 0
    for at in (("look", 2), ("paint", 1), ("paint", 4), ("paint", 6)):

        def end(progress: Progress, at: tuple[str, int] = at) -> None:
            if (progress.step, progress.done) == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            paint(path, tmp_path / name, told=end)
        ended += 1
        assert not (tmp_path / name).exists()
    last = paint(path, tmp_path / name)
    assert last.resumed == 5 and ended == 4
    assert (tmp_path / name).read_bytes() == whole.read_bytes()


def test_other_settings_have_parts_of_their_own(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(5))

    def end(progress: Progress) -> None:
        if (progress.step, progress.done) == ("paint", 4):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        paint(path, tmp_path / "b.mp4", told=end)
    assert paint(path, tmp_path / "b.mp4", brushwork=0.5).resumed == 0
    assert not [*tmp_path.glob(".*")]


def test_rotation_size_and_odd_sides(tmp_path: Path, paint: Paint) -> None:
    path = turned(write(tmp_path / "a.mp4", scenes(2)))
    done = paint(path, tmp_path / "b.mp4", size=47)
    assert (done.width, done.height) == (30, 46)
    _, pictures, facts = shown(tmp_path / "b.mp4")
    assert pictures[0].shape == (46, 30, 3) and not facts["rotation"]


def test_a_preview_is_short(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(10), sound=True)
    done = paint(path, tmp_path / "b.mp4", preview=0.16)
    assert done.frames == 4 and done.seconds == pytest.approx(0.16)
    assert len(shown(tmp_path / "b.mp4")[0]) == 4
    heard = sound(tmp_path / "b.mp4").shape[1] / 16000
    assert 0.1 < heard < 0.16 + 2 * 1024 / 16000


@pytest.mark.parametrize("name", ["b.gif", "b.webp", "b.mp4"])
def test_moving_pictures_in_and_out(tmp_path: Path, paint: Paint, name: str) -> None:
    pictures = tuple(map(Picture, scenes(4)))
    source = tmp_path / "a.gif"
    moving = Animation(pictures, (40.0, 120.0, 40.0, 200.0), 2)
    source.write_bytes(encode_animation(moving, "gif"))
    done = paint(source, tmp_path / name)
    assert done.frames == 4 and done.seconds == pytest.approx(0.4)
    if name != "b.mp4":
        found = read_animation(tmp_path / name)
        assert found.durations == moving.durations and found.loop == 2
    else:
        times, _, facts = shown(tmp_path / name)
        assert [t * facts["time_base"] for t in times] == [
            0, Fraction(40, 1000), Fraction(160, 1000), Fraction(200, 1000)
        ]  # fmt: skip


def test_what_a_moving_picture_does_not_hold_is_told(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(2), sound=True)
    assert paint(path, tmp_path / "b.gif").notes == ("its sound is left out",)
    with pytest.raises(TooLargeError, match=r"over 1 frames of 48x32 are too many"):
        paint(path, tmp_path / "c.gif", max_pixels=48 * 32 * 2 - 1)


def test_what_a_container_does_not_hold_is_told(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(2), sound=True)
    assert paint(path, tmp_path / "b.webm").notes == ("its audio stream 1 (aac) is left out",)
    assert shown(tmp_path / "b.webm")[2]["colour"] == (1, 1, 1, 1)


def test_a_still_scene_stays_still(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mkv", [scene(0)] * 4, codec="ffv1", pixels="bgr0")
    first, *rest = (frame.picture.rgb for frame in open_clip(path).frames())
    assert len(rest) == 3 and all(np.array_equal(first, frame) for frame in rest)
    assert paint(path, tmp_path / "b.png").frames == 4
    # frames that are alike are written as one
    assert len(read_animation(tmp_path / "b.png").frames) == 1


def test_what_is_in_the_way_stays(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(2))
    before = path.read_bytes()
    with pytest.raises(OutputError, match="is the clip itself"):
        paint(path, path, force=True)
    (tmp_path / "b.mp4").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists"):
        paint(path, tmp_path / "b.mp4")
    with pytest.raises(OutputError, match="there is no folder"):
        paint(path, tmp_path / "none" / "b.mp4")
    assert (tmp_path / "b.mp4").read_bytes() == b"mine" and path.read_bytes() == before
    paint(path, tmp_path / "b.mp4", force=True)
    assert len(shown(tmp_path / "b.mp4")[0]) == 2


def test_bad_values_are_refused(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(2))
    for preview in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ParameterError, match="preview"):
            paint(path, tmp_path / "b.mp4", preview=preview)
    with pytest.raises(ParameterError, match="strength"):
        paint(path, tmp_path / "b.mp4", strength=7)
    with pytest.raises(VideoError, match="no such file"):
        paint(tmp_path / "none.mp4", tmp_path / "b.mp4")
    assert not [*tmp_path.glob(".*")]


def test_it_can_be_called_off(tmp_path: Path, paint: Paint) -> None:
    path = write(tmp_path / "a.mp4", scenes(4))
    done: list[Progress] = []
    with pytest.raises(AbandonedError), until(lambda: len(done) > 5):
        paint(path, tmp_path / "b.mp4", told=done.append)
    assert len(done) < 8
