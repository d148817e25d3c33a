"""Photos with strokes on them."""

import numpy as np
import torch

from styler.train.brushed import brushed


def test_a_share_of_photos_is_drawn_on() -> None:
    photos = torch.rand(40, 3, 32, 32)
    seen = brushed(photos, 0.5, np.random.default_rng(0))
    drawn = (seen != photos).flatten(1).any(1)
    assert 10 < drawn.sum() < 30
    assert torch.equal(brushed(photos, 0.5, np.random.default_rng(0)), seen)
    assert torch.equal(brushed(photos, 0.0, np.random.default_rng(0)), photos)


def test_strokes_differ_from_photo_to_photo_and_stay_small() -> None:
    grey = torch.full((8, 3, 64, 64), 0.5)
    change = brushed(grey, 1.0, np.random.default_rng(1)) - grey
    strength = change.std((1, 2, 3))
    assert 0.001 < strength.min() < strength.max() < 0.2
    assert strength.max() > 1.2 * strength.min()
