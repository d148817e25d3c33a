"""WebP: metadata that are cut short do not cost the picture."""

import io

import numpy as np
import pytest
from PIL import Image

from styler.errors import ImageError
from styler.imaging import read
from tests.networks import picture


def saved(frames=1, **options):
    out = io.BytesIO()
    first, *others = (Image.fromarray(picture(30, 40, seed)) for seed in range(frames))
    options |= {"lossless": True, "save_all": frames > 1, "append_images": others}
    first.save(out, "WEBP", **options)
    return out.getvalue()


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("cut", [1, 2, 50, 99])
def test_metadata_cut_short_do_not_cost_the_picture(frames, cut):
    found = read(saved(frames, xmp=b"x" * 100)[:-cut])
    np.testing.assert_array_equal(found.rgb, picture(30, 40))
    assert found.metadata.frames == frames
    assert found.metadata.notes == ("metadata are left out (damaged)",)


def test_what_follows_is_no_matter():
    for data in (saved(), saved(exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")):
        found = read(data + b"trailer")
        np.testing.assert_array_equal(found.rgb, picture(30, 40))
        assert "metadata are left out (damaged)" not in found.metadata.notes


def test_pixels_cut_short_are_refused():
    with pytest.raises(ImageError):
        read(saved()[:-20])
