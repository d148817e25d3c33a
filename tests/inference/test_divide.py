"""Styles and masks become regions, of which every pixel has its part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from styler import FeatureStats, Style
from styler.errors import ParameterError
from styler.imaging import Palette
from styler.inference.divide import divide
from styler.styles import Brushwork


def style(value: float) -> Style:
    values = np.full(3, value, np.float64)
    statistics = (FeatureStats(1, values, values),)
    palette = Palette(values, np.eye(3))
    return Style(f"style {value}", "model", statistics, palette, Brushwork())


A, B, C = style(1), style(2), style(3)
Array = NDArray[np.float32]


def random_masks(seed: int, count: int, height: int = 9, width: int = 14) -> list[Array]:
    random = np.random.default_rng(seed)
    masks = random.random((count, height, width), np.float32)
    return list(np.where(random.random(masks.shape) < 0.4, 0, masks).astype(np.float32))


class TestDivide:
    @settings(max_examples=60, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.booleans(), st.booleans())
    def test_masks_are_weight_times_mask_and_sum_to_one(
        self, seed: int, count: int, narrowed: bool, hidden: bool
    ) -> None:
        masks = random_masks(seed, count)
        random = np.random.default_rng(seed + 1)
        weights = random.uniform(0.1, 2, count)
        only, alpha = random_masks(seed + 2, 2)
        regions = divide(
            list(zip([A, B, C, style(4)][:count], weights, strict=True)),
            masks=masks,
            only=only if narrowed else None,
            alpha=alpha if hidden else None,
        )
        cover = np.minimum(np.sum(masks, 0, dtype=np.float64), 1) * (only if narrowed else 1)
        assert regions.only is not None and regions.masks is not None
        np.testing.assert_allclose(regions.only, cover, atol=2e-4)
        seen = alpha > 0 if hidden else np.ones(only.shape, bool)
        np.testing.assert_allclose(regions.masks[:, seen].sum(0), 1, atol=1e-3)
        amounts = np.stack(masks) * weights[:, None, None]
        total = np.maximum(amounts.sum(0), 1e-30)
        for index, share in enumerate(regions.masks[:count]):
            np.testing.assert_allclose(share, cover * amounts[index] / total, atol=3e-4)
        np.testing.assert_allclose(regions.masks[-1][seen], 1 - cover[seen], atol=3e-4)

    def test_nothing_to_divide(self) -> None:
        regions = divide([(A, 1), (B, 3)])
        assert regions.masks is None and regions.only is None
        assert regions.styles[0].statistics[0].mean[0] == 1.75

    def test_equal_styles_are_one_region(self) -> None:
        mask = random_masks(0, 1)[0]
        regions = divide([(A, 1), (style(1), 1)], masks=[mask, 1 - mask])
        assert regions.masks is None and regions.only is None
        assert regions.styles == (A,)
        three = divide([(A, 1), (B, 1), (A, 1)], masks=[mask / 2, 1 - mask, mask / 2])
        assert len(three.styles) == 2
        assert three.masks is not None
        np.testing.assert_allclose(three.masks[0], mask, atol=2e-4)

    def test_uniform_masks_are_the_mixture(self) -> None:
        grey = [np.full((4, 5), value, np.float32) for value in (0.75, 0.25)]
        regions = divide([(A, 1), (B, 1)], masks=grey)
        assert regions.masks is None and regions.only is None
        assert regions.styles[0].statistics[0].mean[0] == 1.25
        half = divide([(A, 1)], masks=[np.full((4, 5), 0.5, np.float32)])
        assert half.only is not None and (half.only == 0.5).all()

    def test_what_is_never_seen_is_no_region(self) -> None:
        left = np.repeat(np.arange(8) < 4, 6).reshape(8, 6).astype(np.float32)
        regions = divide([(A, 1), (B, 1)], masks=[left, 1 - left], alpha=left)
        assert regions.styles == (A,) and regions.masks is None
        nothing = divide([(A, 1)], masks=[1 - left], alpha=left)
        assert nothing.only is not None and not nothing.only.any()

    def test_inputs_stay_as_they_are(self) -> None:
        masks = random_masks(3, 3)
        before = [mask.copy() for mask in masks]
        divide([(A, 1), (A, 1), (B, 1)], masks=masks, only=masks[0], alpha=masks[1])
        for mask, copy in zip(masks, before, strict=True):
            np.testing.assert_array_equal(mask, copy)

    @pytest.mark.parametrize("weights", [(0, 0), (1, -1), (np.nan, 1), (np.inf, 1)])
    def test_weights_must_weigh(self, weights: tuple[float, float]) -> None:
        with pytest.raises(ParameterError, match="style weights"):
            divide(list(zip((A, B), weights, strict=True)), masks=random_masks(0, 2))
