"""What a file is, is told by its first bytes."""

import os
from pathlib import Path

import pytest

from styler.errors import VideoError
from styler.imaging import Animation, Picture, encode_animation, write
from styler.video import open_clip
from tests.video.clips import scenes
from tests.video.clips import write as clip


def test_a_clip_and_a_moving_picture_open_alike(tmp_path: Path) -> None:
    pictures = tuple(map(Picture, scenes(3)))
    moving = tmp_path / "moving.mp4"
    moving.write_bytes(encode_animation(Animation(pictures, (40.0,) * 3), "gif"))
    for path in (clip(tmp_path / "clip.gif", scenes(3), container="mp4"), moving):
        facts = open_clip(path).facts
        assert (facts.width, facts.height, facts.frames) == (48, 32, 3)


def test_what_is_no_clip_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=r"none\.mp4: no such file"):
        open_clip(tmp_path / "none.mp4")
    with pytest.raises(VideoError, match="cannot be read"):
        open_clip(tmp_path)
    write(Picture(scenes(1)[0]), tmp_path / "a.jpg")
    with pytest.raises(VideoError, match="is a picture; `styler stylize` paints it"):
        open_clip(tmp_path / "a.jpg")
    write(Picture(scenes(1)[0]), tmp_path / "a.png")
    with pytest.raises(VideoError, match="is a picture; `styler stylize` paints it"):
        open_clip(tmp_path / "a.png")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match="is empty"):
        open_clip(tmp_path / "empty.mp4")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(VideoError, match="is a pipe"):
        open_clip(tmp_path / "pipe")
