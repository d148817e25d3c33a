"""Masks become weights of statistics, and scales and shifts of each position."""

import numpy as np
import pytest
from numpy.typing import NDArray

from styler.inference.padding import reduce
from styler.inference.regions import Regions
from styler.models import ModelSpec, find

Array = NDArray[np.float32]


def random_masks(seed: int, count: int, height: int = 9, width: int = 14) -> list[Array]:
    random = np.random.default_rng(seed)
    masks = random.random((count, height, width), np.float32)
    return list(np.where(random.random(masks.shape) < 0.4, 0, masks).astype(np.float32))


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return find("default").spec


def affine(value: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.full(2, value), np.full(2, -value)


class TestRegions:
    def test_one_region_changes_nothing(self, spec: ModelSpec) -> None:
        mask = random_masks(1, 1)[0]
        scale, shift = Regions().blend([affine(3)], spec, 8).arrays()
        assert (scale == 3).all() and (shift == -3).all() and scale.shape == (1, 2, 1, 1)
        assert Regions().weights(8) == [None]
        (weights,) = Regions(alpha=mask).weights(4)
        np.testing.assert_array_equal(weights, reduce(mask, 4))

    @pytest.mark.parametrize("factor", [1, 2, 8])
    def test_positions_mix_by_their_shares(self, spec: ModelSpec, factor: int) -> None:
        left = np.zeros((24, 40), np.float32)
        left[:, :16] = 1
        left[:, 16:24] = 0.25
        regions = Regions(masks=np.stack([left, 1 - left]))
        blended = regions.blend([affine(1), affine(5)], spec, factor)
        scale, shift = blended.arrays()
        top = spec.margin // factor
        height, width = 24 // factor, 40 // factor
        assert scale.shape == shift.shape == (1, 2, height + 2 * top, width + 2 * top)
        assert scale.dtype == np.float32
        inside = scale[0, 0, top : top + height, top : top + width]
        np.testing.assert_array_equal(inside[:, : 16 // factor], 1)
        np.testing.assert_allclose(inside[:, 16 // factor : 24 // factor], 4)
        np.testing.assert_array_equal(inside[:, 24 // factor :], 5)
        np.testing.assert_array_equal(shift, -scale)
        part = slice(0, 2), slice(1, 3)
        np.testing.assert_array_equal(blended.at(part).arrays()[0], scale[:, :, *part])

    def test_weights_are_shares_of_visible_pixels(self) -> None:
        share, mask = random_masks(2, 2, 16, 24)
        regions = Regions(masks=np.stack([share, 1 - share]), alpha=mask)
        for part, weights in zip((share, 1 - share), regions.weights(8), strict=True):
            expected = (part * mask).reshape(2, 8, 3, 8).mean((1, 3))
            np.testing.assert_allclose(weights, expected, rtol=1e-5)

    def test_cells_of_no_region_take_the_mean_of_all(self, spec: ModelSpec) -> None:
        nothing = Regions(masks=np.zeros((2, 8, 8), np.float32))
        scale, _ = nothing.blend([affine(1), affine(2)], spec, 8).arrays()
        np.testing.assert_allclose(scale, 1.5)
