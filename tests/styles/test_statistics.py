"""Feature statistics as values: whatever way they come about, they are the same."""

from functools import reduce
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from styler.errors import ParameterError
from styler.styles import FeatureStats

FINITE = st.floats(-1e3, 1e3, width=32)
SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))
MAPS = SHAPES.flatmap(lambda shape: arrays(np.float32, shape, elements=FINITE))
WEIGHTS = st.floats(0, 1, width=16)


def close(a: FeatureStats, b: FeatureStats, tolerance: float = 1e-6) -> None:
    size = max(1.0, float(np.abs(a.mean).max()), float(np.sqrt(a.variance).max()))
    assert a.count == pytest.approx(b.count, rel=tolerance)
    np.testing.assert_allclose(a.mean, b.mean, rtol=0, atol=tolerance * size)
    np.testing.assert_allclose(a.variance, b.variance, rtol=0, atol=tolerance * size**2)


def parts_of(positions: NDArray[Any], labels: list[int]) -> list[FeatureStats]:
    """Statistics of ``(C, P)`` positions, split by their labels."""
    chosen = np.asarray(labels)
    return [FeatureStats.of(positions[:, None, chosen == label]) for label in sorted(set(labels))]


@st.composite
def split_maps(draw: st.DrawFn) -> tuple[NDArray[Any], list[FeatureStats]]:
    x = draw(MAPS)
    positions = x.reshape(len(x), -1)
    count = positions.shape[1]
    labels = draw(st.lists(st.integers(0, 4), min_size=count, max_size=count))
    return x, parts_of(positions, labels)


class TestOf:
    @given(MAPS)
    def test_is_mean_and_biased_variance(self, x: NDArray[np.float32]) -> None:
        stats, wide = FeatureStats.of(x), x.astype(np.float64)
        expected = FeatureStats(x[0].size, wide.mean((1, 2)), wide.var((1, 2)))
        close(stats, expected)
        assert stats.mean.dtype == stats.variance.dtype == np.float64

    @pytest.mark.parametrize("dtype", ["uint8", "int32", "float16", "float32", "float64"])
    def test_takes_any_real_dtype(self, dtype: str) -> None:
        x = np.random.default_rng(0).integers(0, 200, (3, 20, 20)).astype(dtype)
        wide = x.astype(np.float64)
        close(FeatureStats.of(x), FeatureStats(400, wide.mean((1, 2)), wide.var((1, 2))))

    def test_survives_a_mean_far_from_zero(self) -> None:
        x = 1e4 + np.random.default_rng(0).normal(0, 1, (2, 64, 64)).astype(np.float32)
        expected = x.astype(np.float64).var((1, 2))
        np.testing.assert_allclose(FeatureStats.of(x).variance, expected, rtol=1e-5)

    @given(MAPS)
    def test_a_mask_of_ones_is_no_mask(self, x: NDArray[np.float32]) -> None:
        close(FeatureStats.of(x, np.ones(x.shape[1:], np.float32)), FeatureStats.of(x))

    @given(MAPS, st.data())
    def test_a_mask_of_zeros_and_ones_cuts_out(
        self, x: NDArray[np.float32], data: st.DataObject
    ) -> None:
        mask = data.draw(arrays(bool, x.shape[1:]).filter(np.any))
        close(FeatureStats.of(x, mask.astype(np.float32)), FeatureStats.of(x[:, mask][:, None]))

    def test_weights_count_like_repetitions(self) -> None:
        x = np.random.default_rng(1).normal(size=(3, 1, 4)).astype(np.float32)
        weights = np.array([[1.0, 0.5, 0.0, 0.25]], np.float32)
        repeated = np.repeat(x, [4, 2, 0, 1], axis=2)
        masked, expected = FeatureStats.of(x, weights), FeatureStats.of(repeated)
        close(masked, FeatureStats(1.75, expected.mean, expected.variance))

    @pytest.mark.parametrize("mask", [np.zeros((4, 5)), np.full((4, 5), np.nan)])
    def test_needs_something_to_look_at(self, mask: NDArray[Any]) -> None:
        with pytest.raises(ParameterError, match="mask"):
            FeatureStats.of(np.ones((2, 4, 5), np.float32), mask)


class TestMerge:
    @given(split_maps())
    def test_any_partition_equals_the_whole(
        self, case: tuple[NDArray[Any], list[FeatureStats]]
    ) -> None:
        x, parts = case
        close(FeatureStats.merged(parts), FeatureStats.of(x))

    @given(split_maps(), st.randoms(use_true_random=False))
    def test_order_and_grouping_are_free(
        self, case: tuple[NDArray[Any], list[FeatureStats]], random: Random
    ) -> None:
        _, parts = case
        shuffled = random.sample(parts, len(parts))
        cut = random.randint(0, len(parts) - 1)
        groups = [group for group in (shuffled[:cut], shuffled[cut:]) if group]
        grouped = reduce(FeatureStats.merge, map(FeatureStats.merged, groups))
        close(grouped, FeatureStats.merged(parts))

    def test_of_one_part_is_that_part(self) -> None:
        part = FeatureStats.of(np.arange(12, dtype=np.float32).reshape(2, 2, 3))
        assert FeatureStats.merged([part]) is part

    def test_masked_halves_make_the_whole(self) -> None:
        rng = np.random.default_rng(2)
        x, mask = rng.normal(size=(4, 8, 8)).astype(np.float32), rng.random((8, 8), np.float32)
        halves = FeatureStats.of(x, mask).merge(FeatureStats.of(x, 1 - mask))
        close(halves, FeatureStats.of(x))


class TestPooled:
    @given(arrays(np.float32, (6, 3, 4), elements=FINITE), st.sampled_from([1, 2, 3, 6]))
    def test_is_the_statistics_of_the_group(self, x: NDArray[np.float32], groups: int) -> None:
        stats = FeatureStats.of(x).pooled(groups)
        of_groups = FeatureStats.of(x.reshape(groups, -1, 4))
        each = 6 // groups
        expected = FeatureStats(
            of_groups.count, of_groups.mean.repeat(each), of_groups.variance.repeat(each)
        )
        close(stats, expected)

    def test_refuses_uneven_groups(self) -> None:
        with pytest.raises(ParameterError, match="6 channels do not divide into 4 groups"):
            FeatureStats.of(np.ones((6, 2, 2), np.float32)).pooled(4)


class TestMix:
    @given(MAPS, st.floats(-0.5, 1.5))
    def test_with_itself_is_itself_exactly(self, x: NDArray[np.float32], share: float) -> None:
        stats = FeatureStats.of(x, np.full(x.shape[1:], 0.1, np.float32))
        mixed = FeatureStats.mix((stats, stats, stats), (1 - share, share / 2, share / 2))
        assert mixed.count == stats.count
        assert np.array_equal(mixed.mean, stats.mean)
        assert np.array_equal(mixed.variance, stats.variance)

    @settings(max_examples=50)
    @given(st.floats(0, 1), st.integers(0, 99))
    def test_is_the_interpolation_of_features(self, share: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        a, b = (FeatureStats(9, rng.normal(size=5), rng.random(5)) for _ in range(2))
        mixed = FeatureStats.mix((a, b), (1 - share, share))
        white = rng.normal(size=(5, 30))
        white = (white - white.mean(1, keepdims=True)) / white.std(1, keepdims=True)

        def painted(stats: FeatureStats) -> NDArray[Any]:
            return np.sqrt(stats.variance)[:, None] * white + stats.mean[:, None]

        expected = (1 - share) * painted(a) + share * painted(b)
        np.testing.assert_allclose(painted(mixed), expected, atol=1e-12)

    def test_extrapolates_with_deviations_stopped_at_zero(self) -> None:
        a = FeatureStats(4, np.array([0.0, 0.0]), np.array([1.0, 9.0]))
        b = FeatureStats(4, np.array([2.0, 2.0]), np.array([4.0, 0.0]))
        mixed = FeatureStats.mix((a, b), (-0.5, 1.5))
        np.testing.assert_allclose(mixed.mean, [3, 3])
        np.testing.assert_allclose(mixed.variance, [6.25, 0])

    @pytest.mark.parametrize(
        ("count", "weights", "message"),
        [
            (0, [], "0 styles need as many weights"),
            (2, [1.0], "2 styles need as many weights, not 1"),
            (2, [0.5, 0.6], "weights must sum to 1, not 1.1"),
            (1, [float("nan")], "weights must sum to 1, not nan"),
        ],
    )
    def test_refuses_weights_that_do_not_fit(
        self, count: int, weights: list[float], message: str
    ) -> None:
        part = FeatureStats.of(np.ones((2, 2, 2), np.float32))
        with pytest.raises(ParameterError, match=message):
            FeatureStats.mix([part] * count, weights)
