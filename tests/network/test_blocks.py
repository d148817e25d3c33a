"""The pieces that tapes are made of."""

import torch
from torch import nn

from styler.network.blocks import normalizer


def test_rms_norm_of_maps_is_that_of_every_pixels_channels() -> None:
    (norm,) = normalizer("rms")(5)
    nn.init.normal_(norm.norm.weight)  # type: ignore[union-attr, arg-type]
    x = torch.randn(2, 5, 3, 4)
    expected = nn.functional.rms_norm(x.movedim(1, -1), (5,), norm.norm.weight, 1e-6)  # type: ignore[union-attr, arg-type]
    torch.testing.assert_close(norm(x), expected.movedim(-1, 1))
