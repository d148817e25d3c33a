"""Photos with brushwork of all kinds."""

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
