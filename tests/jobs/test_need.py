"""Memory for a picture, told by its header."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from styler.controls import Controls
from styler.errors import TooLargeError
from styler.imaging import FORMATS, Header
from styler.jobs import Need

PHOTO = Header(6000, 4000, "jpeg", "RGB", 8, alpha=False, held=4)


@settings(deadline=None)
@given(st.integers(1, 20_000), st.integers(1, 20_000), st.sampled_from(sorted(FORMATS)))
def test_more_of_a_picture_needs_no_less(width: int, height: int, kind: str) -> None:
    photo = replace(PHOTO, width=width, height=height)
    one = Need.of(photo, Controls(), kind)
    peaks = [way.peak for way in one.ways]
    assert peaks == sorted(peaks, reverse=True) and one.least == peaks[-1]
    larger = Need.of(replace(photo, width=2 * width, height=2 * height), Controls(), kind)
    deeper = Need.of(replace(photo, alpha=True), Controls(), kind)
    assert deeper.way.peak >= one.way.peak - 1e6 and deeper.width == width
    if kind != "jpeg":  # large ones are encoded otherwise, in less
        assert larger.way.peak >= one.way.peak - 1e6


def test_a_larger_canvas_and_a_smaller_size_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("styler.jobs.need.resident", lambda: 0.0)
    one = Need.of(PHOTO, Controls(), "png")
    large = Need.of(PHOTO, Controls(canvas=4096), "png")
    assert large.way.peak > 3 * one.way.peak and large.least < large.way.peak
    assert Need.of(PHOTO, Controls(canvas=4096), "png", masks=2).way.peak > large.way.peak
    small = Need.of(PHOTO, Controls(size=600), "png")
    assert (small.width, small.height) == (600, 400) and small.way.peak < one.way.peak


def test_pixels_go_to_the_disk_before_a_photo_is_refused() -> None:
    need = Need.of(PHOTO, Controls(), "png")
    assert need.within(need.way.peak, "a.jpg") == need
    least = need.within(need.least, "a.jpg")
    assert least.way.on_disk and least.way.peak == need.least < need.way.peak
    with pytest.raises(TooLargeError, match=r"a.jpg: painting 6000x4000 takes about \d+ MB .*size"):
        need.within(need.least - 1, "a.jpg")


def test_a_large_canvas_takes_smaller_tiles_before_the_disk() -> None:
    need = Need.of(PHOTO, Controls(canvas=4000), "png")
    assert [way.tile for way in need.ways if not way.on_disk] == [512, 256, 128]
    tight = need.within(need.ways[2].peak, "a.jpg").way
    assert tight.tile == 128 and not tight.on_disk
