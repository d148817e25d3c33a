"""Clips are read upright, in their own time, and none crashes."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from styler.errors import StylerError, TooLargeError, VideoError
from styler.video.footage import Footage
from tests.video.clips import scenes, turned, write

LIMIT = 10**6


def read(path: Path, skip: int = 0) -> Footage:
    return [*Footage(path, LIMIT).frames(skip)]


def test_frames_come_with_their_times(tmp_path: Path) -> None:
    starts = [0, 512, 1024, 3000, 3001, 9000]
    frames = scenes(6)
    path = write(tmp_path / "a.mp4", frames, starts=starts)
    clip = Footage(path, LIMIT)
    found = [*clip.frames()]
    assert [one.start for one in found] == starts
    assert [one.duration for one in found[:-1]] == np.diff(starts).tolist()
    assert found[-1].duration > 0
    for one in found:
        off = [np.abs(one.picture.rgb.astype(int) - other).mean() for other in frames]
        assert np.argmin(off) == found.index(one) and min(off) < 6
    facts = clip.facts
    assert (facts.width, facts.height, facts.frames) == (48, 32, 6)
    assert facts.time_base == Fraction(1, 12800) and not facts.notes and not clip.notes


def test_frames_can_be_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", scenes(6))
    whole, rest = read(path), read(path, 4)
    assert [one.start for one in rest] == [one.start for one in whole[4:]]
    for a, b in zip(rest, whole[4:], strict=True):
        np.testing.assert_array_equal(a.picture.rgb, b.picture.rgb)
        assert a.duration == b.duration
    assert read(path, 6) == []


def test_frames_are_turned_upright(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", scenes(2))
    lying = read(path)[0].picture.rgb
    clip = Footage(turned(path), LIMIT)
    assert (clip.facts.width, clip.facts.height) == (32, 48)
    upright = next(clip.frames()).picture.rgb
    np.testing.assert_array_equal(upright, np.rot90(lying, -1))  # to the right, as players do


@pytest.mark.parametrize(("matrix", "levels"), [(1, 1), (1, 2), (5, 1)])
def test_colours_are_those_that_were_coded(tmp_path: Path, matrix: int, levels: int) -> None:
    from tests.video.clips import av

    colours = np.array([[200, 30, 40], [20, 180, 60], [128, 128, 128]], np.uint8)
    frames = [np.repeat(np.repeat(colours[None], 32, 0), 16, 1)] * 2
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv444p"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = levels
        for frame in frames:
            coded = av.VideoFrame.from_ndarray(frame, "rgb24").reformat(
                format="yuv444p", src_color_range=2, dst_colorspace=matrix, dst_color_range=levels
            )
            out.mux(stream.encode(coded))
        out.mux(stream.encode(None))
    clip = Footage(path, LIMIT)
    assert (clip.facts.colour.matrix, clip.facts.colour.levels) == (matrix, levels)
    found = next(clip.frames()).picture.rgb
    assert np.abs(found.astype(int) - frames[0]).max() <= 3


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_told_apart(tmp_path: Path, transfer: int, name: str) -> None:
    path = write(tmp_path / "a.mp4", scenes(2), colour=(9, 9, transfer, 1))
    with pytest.raises(VideoError, match=rf"is HDR \({name}\); bring it to SDR first: ffmpeg"):
        Footage(path, LIMIT)


def test_deep_colours_are_noted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", scenes(2), codec="ffv1", pixels="yuv420p10le")
    assert Footage(path, LIMIT).facts.notes == ("of its 10 bits 8 are painted",)


def test_large_frames_are_refused_by_their_header(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", scenes(2))
    with pytest.raises(TooLargeError, match="48x32 is over the limit"):
        Footage(path, 48 * 32 - 1)


@pytest.mark.parametrize("content", [b"", b"no clip", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"])
def test_what_is_no_clip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(VideoError, match=r"a\.mp4: is no clip"):
        Footage(path, LIMIT)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    from tests.video.clips import av

    path = tmp_path / "a.wav"
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        samples = np.zeros((1, 800), np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
    with pytest.raises(VideoError, match="has no pictures"):
        Footage(path, LIMIT)


def test_a_clip_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", scenes(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert 3 < len(read(path)) < 20


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_damage_never_crashes(tmp_path: Path, name: str) -> None:
    whole = write(tmp_path / name, scenes(6), sound=True).read_bytes()
    rng = np.random.default_rng(1)
    read_some = 0
    for _ in range(60):
        data = np.frombuffer(whole, np.uint8).copy()
        places = rng.integers(0, len(data), rng.integers(1, 30))
        data[places] = rng.integers(0, 256, len(places))
        path = tmp_path / f"damaged-{name}"
        path.write_bytes(data[: rng.integers(len(data) // 2, len(data) + 1)].tobytes())
        try:
            read_some += len(read(path)) > 0
        except StylerError as error:
            assert "\n" not in str(error)
    assert read_some > 5
