"""Scale and shift take a map from its own statistics to the target's."""

import numpy as np
import pytest

from styler.inference.adain import affine
from styler.models import SiteSpec
from styler.styles import FeatureStats


class TestAffine:
    def test_moves_statistics_to_the_target(self) -> None:
        rng = np.random.default_rng(0)
        x = rng.normal(3, 2, (8, 20, 20)).astype(np.float32)
        mean, std = rng.normal(size=8), rng.uniform(0.5, 2, 8)
        scale, shift = affine(SiteSpec("style", 8, 8, 1e-5), FeatureStats.of(x), mean, std)
        moved = FeatureStats.of(x * scale[:, None, None] + shift[:, None, None])
        np.testing.assert_allclose(moved.mean, mean, atol=1e-5)
        np.testing.assert_allclose(np.sqrt(moved.variance), std, atol=1e-4)
        assert scale.shape == shift.shape == (8,)

    def test_a_flat_map_stays_finite(self) -> None:
        own = FeatureStats.of(np.full((4, 3, 3), 7, np.float32))
        scale, shift = affine(SiteSpec("style", 4, 4, 1e-5), own, np.zeros(4), np.ones(4))
        assert np.isfinite(scale).all()
        np.testing.assert_allclose(7 * scale + shift, 0, atol=1e-3)

    @pytest.mark.parametrize("groups", [1, 2, 4])
    def test_takes_statistics_over_groups(self, groups: int) -> None:
        x = np.random.default_rng(1).normal(2, 3, (4, 10, 10)).astype(np.float32)
        site = SiteSpec("group", 4, groups, 0.0, "w", "b")
        scale, shift = affine(site, FeatureStats.of(x), np.zeros(4), np.ones(4))
        by_group = (x * scale[:, None, None] + shift[:, None, None]).reshape(groups, -1)
        np.testing.assert_allclose(by_group.mean(1), 0, atol=1e-5)
        np.testing.assert_allclose(by_group.std(1), 1, atol=1e-5)
