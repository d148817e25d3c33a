"""Moving pictures: every frame in, every frame out."""

import io

import numpy as np
import pytest
from PIL import Image

from styler.errors import ImageError, OutputError, ParameterError, TooLargeError
from styler.imaging import MOVING, Animation, Picture, encode_animation, moves, read_animation
from tests.imaging.corpus import ALL
from tests.networks import picture

TIMES = [100, 200, 300, 400]


def saved(format, *, clear=False, **options):
    frames = [Image.fromarray(picture(30, 40, seed)) for seed in range(4)]
    if clear:
        for frame in frames:
            frame.putalpha(Image.new("L", (40, 30), 255))
            frame.paste((0, 0, 0, 0), (0, 0, 9, 9))
    options = {"save_all": True, "append_images": frames[1:], "duration": TIMES} | options
    if format in ("webp", "avif"):
        options |= {"quality": 95} if format == "avif" else {"lossless": True}
    out = io.BytesIO()
    frames[0].save(out, format.upper(), **options)
    return out.getvalue()


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("format", MOVING)
def test_frames_times_and_loops_come_through(format, clear):
    found = read_animation(saved(format, clear=clear, loop=3))
    data = encode_animation(found, format)
    again = read_animation(data)
    assert data == encode_animation(found, format)
    for each in (found, again):
        assert [*each.durations] == TIMES and len(each.frames) == 4
        assert each.loop == (None if format == "avif" else 3)
        for number, frame in enumerate(each.frames):
            assert (frame.alpha is not None) == clear and frame.metadata.frames == 4
            off = np.abs(frame.rgb[12:].astype(int) - picture(30, 40, number)[12:]).mean()
            assert off < 25, "few colours, or lossy, but of this frame"
            if clear:
                assert not frame.alpha[:6, :6].any() and frame.alpha[20, 20] == 255


def test_the_picture_for_those_that_cannot_move_is_no_frame():
    frames = [Image.fromarray(picture(30, 40, seed)) for seed in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:], default_image=True)
    found = read_animation(out.getvalue())
    for number, frame in enumerate(found.frames, start=1):
        np.testing.assert_array_equal(frame.rgb, picture(30, 40, number))
    assert len(found.frames) == 2 == found.first.metadata.frames


def test_frames_have_the_files_profile():
    found = read_animation(saved("png", icc_profile=ALL["p3"].data))
    assert all(frame.metadata.profile for frame in found.frames)
    assert np.abs(found.first.rgb.astype(int) - picture(30, 40)).max() > 10


def test_frames_are_capped_together():
    assert read_animation(saved("gif"), max_pixels=4 * 30 * 40)
    with pytest.raises(TooLargeError, match=r"a\.gif: 4 frames of 40x30 are over the limit"):
        read_animation(saved("gif"), max_pixels=4 * 30 * 40 - 1, name="a.gif")
    with pytest.raises(TooLargeError, match="over 3 frames"):
        read_animation(saved("webp"), max_frames=3)


def test_damage_is_one_typed_error():
    for format in MOVING:
        with pytest.raises(ImageError):
            read_animation(saved(format)[:-40])


def test_whether_a_gif_moves(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(saved("gif"))
    assert moves(path)
    path.write_bytes(saved("gif", save_all=False, duration=100))
    assert not moves(path) and not moves(tmp_path) and not moves(tmp_path / "none.gif")
    path.write_bytes(b"GIF89a")
    assert not moves(path)


def test_what_cannot_be_written_is_refused():
    still = Animation((Picture(picture(3, 4)),), (100.0,))
    with pytest.raises(ParameterError, match="quality"):
        encode_animation(still, "webp", quality=0)
    long = Animation((Picture(np.zeros((1, 16_384, 3), np.uint8)),) * 2, (100.0,) * 2)
    with pytest.raises(OutputError):
        encode_animation(long, "webp")
