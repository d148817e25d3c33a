"""Moving AVIF does not tell when it was made."""

import io
import time

import numpy as np
from PIL import Image

from styler.imaging.codecs.containers.movie import timeless


def encoded() -> bytes:
    rng = np.random.default_rng(0)
    frames = [Image.fromarray(rng.integers(0, 256, (16, 24, 3), np.uint8)) for _ in range(3)]
    out = io.BytesIO()
    frames[0].save(out, "AVIF", save_all=True, append_images=frames[1:], max_threads=1)
    return out.getvalue()


def test_a_second_later_it_is_the_same_bytes() -> None:
    first = encoded()
    time.sleep(1.1)
    second = encoded()
    assert first != second and timeless(first) == timeless(second)


def test_nothing_else_changes() -> None:
    data = encoded()
    changed = timeless(data)
    assert len(changed) == len(data)
    assert sum(a != b for a, b in zip(data, changed, strict=True)) <= 3 * 2 * 8
    with Image.open(io.BytesIO(data)) as one, Image.open(io.BytesIO(changed)) as other:
        for frame in range(3):
            one.seek(frame), other.seek(frame)
            assert np.array_equal(np.asarray(one), np.asarray(other))


def test_what_is_no_movie_or_broken_off_stays() -> None:
    data = encoded()
    assert timeless(b"") == b"" and timeless(b"\0" * 40) == b"\0" * 40
    for end in range(0, len(data), 97):
        assert len(timeless(data[:end])) == end
