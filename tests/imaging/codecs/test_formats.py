"""HEIC, where the optional package is installed; a clear word where it is not."""

import importlib.util

import numpy as np
import pytest

from styler.errors import MissingDependencyError
from styler.imaging import Picture, encode, read, readable

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
installed = importlib.util.find_spec("pillow_heif") is not None


@pytest.mark.skipif(installed, reason="pillow-heif is installed")
def test_without_the_package_the_remedy_is_named():
    assert "heic" not in readable()
    for call in (
        lambda: read(HEIC),
        lambda: encode(Picture(np.zeros((8, 8, 3), np.uint8)), "heic"),
    ):
        with pytest.raises(MissingDependencyError, match="pip install"):
            call()


@pytest.mark.skipif(not installed, reason="pillow-heif is not installed")
def test_with_the_package_it_is_read_and_written():
    ramp = np.indices((48, 64)).sum(0)[..., None].repeat(3, 2).astype(np.uint8) * 2
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:16, :16] = 0
    assert "heic" in readable()
    picture = read(encode(Picture(ramp, alpha), "heic", quality=95))
    assert picture.metadata.format == "heic" and picture.metadata.profile
    assert np.abs(picture.rgb.astype(int) - ramp)[20:].max() <= 3
    assert np.abs(picture.alpha.astype(int) - alpha).max() <= 8
