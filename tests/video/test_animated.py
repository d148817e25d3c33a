"""Moving pictures are clips."""

from fractions import Fraction
from pathlib import Path

from styler.imaging import Animation, Picture, encode_animation
from styler.video.animated import Animated, animation
from styler.video.clip import Facts, Timed
from styler.video.colour import SRGB
from tests.video.clips import scene, scenes


def facts(time_base: Fraction, loop: int | None = None) -> Facts:
    return Facts("a", "mp4", 48, 32, time_base, None, None, Fraction(1), SRGB, loop)


def test_frames_come_with_their_times(tmp_path: Path) -> None:
    pictures = tuple(map(Picture, scenes(4)))
    moving = Animation(pictures, (100.0, 40.0, 70.0, 200.0), 3)
    path = tmp_path / "a.webp"
    path.write_bytes(encode_animation(moving, "webp", lossless=True))
    clip = Animated(path, 10**6)
    found = [*clip.frames()]
    assert [(one.start, one.duration) for one in found] == [
        (0, 100), (100, 40), (140, 70), (210, 200)
    ]  # fmt: skip
    assert clip.facts.loop == 3 and clip.facts.frames == 4
    assert [one.start for one in clip.frames(2)] == [140, 210]


def test_rounding_does_not_add_up() -> None:
    picture = Picture(scene(0))
    timed = [Timed(picture, 7 + n, 1) for n in range(24)]  # 24 frames a second
    for step in (1, 10):
        moved = animation(timed, facts(Fraction(1, 24)), step)
        assert sum(moved.durations) == 1000 and moved.loop == 0
        assert all(duration % step == 0 for duration in moved.durations)
    assert animation(timed[:1], facts(Fraction(1, 90000), 5), 10).durations == (10.0,)
