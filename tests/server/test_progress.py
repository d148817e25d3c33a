"""Percent of a painting's time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from styler_server.negotiation import FORMATS
from styler_server.progress import Progress

from styler.controls import Controls
from styler.imaging import Header

STEPS = ("decode", "paint", "enlarge", "encode")


def photo(width: int, height: int) -> Header:
    return Header(width, height, "jpeg", "RGB", 8, False, 3.0)


@given(
    st.integers(1, 9000),
    st.integers(1, 9000),
    st.sampled_from(FORMATS),
    st.lists(st.tuples(st.sampled_from((*STEPS, "style")), st.floats(0, 1)), min_size=1),
)
def test_percent_never_falls_and_stays_within_a_hundred(
    width: int, height: int, kind: str, told: list[tuple[str, float]]
) -> None:
    progress, seen = Progress(), [0]
    progress.tell("decode", 0.5)
    assert progress.percent == 0
    progress.expect(photo(width, height), Controls(), kind)
    for step, share in told:
        progress.tell(step, share)
        seen.append(progress.percent)
    assert seen == sorted(seen) and seen[-1] <= 100
    progress.tell("encode", 1.0)
    assert progress.percent == 100


def test_what_takes_longer_weighs_more() -> None:
    small, large = Progress(), Progress()
    small.expect(photo(512, 512), Controls(), "jpeg")
    large.expect(photo(6000, 4000), Controls(), "png")
    for progress in (small, large):
        progress.tell("encode", 0.0)
        assert progress.step == "encode"
    assert small.percent > 95
    assert large.percent < 50
