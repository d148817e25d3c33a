"""Frames painted one after the other."""

import numpy as np

from styler import Picture, Stylizer
from tests.networks import picture


def test_another_process_goes_on_bit_for_bit() -> None:
    stylizer, style = Stylizer(threads=1), "van-gogh-wheat-field"
    wide = picture(40, 90)
    frames = [Picture(np.ascontiguousarray(wide[:, n : n + 52])) for n in range(4)]
    frames += [Picture(picture(40, 52, seed=8))] * 2
    whole = stylizer.moving(style)
    assert [*whole.look((n / 4, f) for n, f in enumerate(frames))] == [1, 2, 3, 4, 5, 6]
    assert whole.cuts == [0, 4]
    states, painted = [], []
    for number, frame in enumerate(frames):
        states.append(whole.state())
        painted.append(whole.paint(number, frame).rgb)
    assert not states[0] and states[1]
    for begin in (2, 4):
        other = stylizer.moving(style)
        other.recall(whole.known())
        other.resume(states[begin])
        for number in range(begin, len(frames)):
            np.testing.assert_array_equal(other.paint(number, frames[number]).rgb, painted[number])
    np.testing.assert_array_equal(painted[4], painted[5])
