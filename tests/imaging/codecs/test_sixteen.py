"""16 bits of files that Pillow holds in 8."""

import zlib

import numpy as np
import pytest

from styler.imaging import read
from tests.imaging.corpus import tiff
from tests.networks import picture


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("alpha", [0, 1, 2], ids=["none", "multiplied", "separate"])
def test_compressed_planes_are_read_at_the_bits_there_are(alpha, big):
    """Their decoder gives the high halves, freed of their alpha: nothing is made up below them."""
    rgb = picture(16, 20).astype(np.uint16) * 256 + 77
    cover = np.full((16, 20), 0x8000, np.uint16)
    stored = rgb // 2 if alpha == 1 else rgb
    channels = [*np.moveaxis(stored, 2, 0), *([cover] if alpha else [])]
    planes = [zlib.compress(plane.astype(">u2" if big else "<u2").tobytes()) for plane in channels]
    extra = {"t338": alpha} if alpha else {}
    found = read(tiff((20, 16), 2, [16] * len(planes), planes, big=big, t259=8, **extra), bits=None)
    assert np.abs(found.rgb.astype(int) - rgb // 256).max() <= (2 if alpha == 1 else 0)
    assert (found.alpha is None) == (not alpha) and (not alpha or (found.alpha == 0x80).all())
    assert found.bits == found.metadata.bits == 8
    assert found.metadata.notes == ("of its 16 bits 8 are read (compressed planes)",)
