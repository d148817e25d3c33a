"""Shots are told apart, and have statistics of their own."""

import numpy as np
import pytest

from styler.imaging import Palette, Picture
from styler.inference.shots import Cuts, Statistics, key_of
from styler.styles import FeatureStats
from tests.networks import picture


def test_a_cut_is_told_from_a_pan() -> None:
    one, other = picture(120, 400), picture(120, 400, seed=3)
    frames = [one[:, 4 * n : 4 * n + 200] for n in range(4)]
    frames += [other[:, 4 * n : 4 * n + 200] for n in range(3)]
    begins = Cuts()
    assert [begins(Picture(np.ascontiguousarray(f))) for f in frames] == [
        True, False, False, False, True, False, False
    ]  # fmt: skip


def test_light_and_what_enters_are_no_cuts() -> None:
    x = picture(120, 200)
    darker = (x * 0.93).astype(np.uint8)
    entered = x.copy()
    entered[:, 120:] = (255, 40, 0)
    for after in (darker, entered):
        begins = Cuts()
        assert begins(Picture(x)) and not begins(Picture(after))


def stats(mean: float) -> FeatureStats:
    return FeatureStats(10.0, np.array([mean, 1.0]), np.array([1.0, 2.0]))


def test_statistics_change_slowly_within_a_shot_and_at_once_between() -> None:
    known = Statistics()
    for time in range(10):
        known.tell("a", 0, time, stats(float(time)))
    known.tell("a", 1, 10, stats(100.0))
    own = stats(-1.0)
    means = [known.at("a", 0, time, own).mean[0] for time in np.linspace(0, 9, 40)]
    steps = np.diff(means)
    assert (steps > 0).all() and steps.max() < 2 * np.median(steps)
    assert means[20] == pytest.approx(20 * 9 / 39, abs=0.01)
    assert known.at("a", 1, 10, own).mean[0] == 100
    assert known.at("a", 2, 10, own) is own and known.at("b", 0, 0, own) is own


def test_equal_statistics_stay_what_they_are() -> None:
    known, palette = Statistics(), Palette(np.ones(3), np.eye(3))
    for time in (0.0, 0.5, 1.0):
        known.tell("p", 0, time, palette)
    mean = known.at("p", 0, 0.7, palette)
    np.testing.assert_allclose(mean.mean, palette.mean, rtol=1e-12)
    np.testing.assert_allclose(mean.covariance, palette.covariance, rtol=1e-12)


def test_what_is_known_can_be_kept(tmp_path) -> None:
    known = Statistics()
    known.tell("a", 0, 0.0, stats(1 / 3))
    known.tell("a", 1, 0.5, stats(2 / 3))
    known.tell("p-1", 0, 0.0, Palette(np.arange(3) / 7, np.eye(3) / 3))
    np.savez(tmp_path / "a.npz", **known.arrays())
    again = Statistics.of(dict(np.load(tmp_path / "a.npz")))
    for key, shot, own in (("a", 0, stats(0)), ("a", 1, stats(0)), ("p-1", 0, known)):
        if key == "p-1":
            own = Palette(np.zeros(3), np.eye(3))
        one, other = (some.at(key, shot, 0.2, own) for some in (known, again))
        for name, value in vars(one).items():
            np.testing.assert_array_equal(getattr(other, name), value)


def test_keys_mean_the_same_elsewhere() -> None:
    from styler import preset

    style = preset("turner-temeraire")
    key = key_of(("site", style, 3))
    assert key == key_of(("site", preset("turner-temeraire").named("other"), 3))
    assert key != key_of(("site", preset("klimt-primavesi"), 3))
    assert key.startswith("site-") and key.endswith("-3")
