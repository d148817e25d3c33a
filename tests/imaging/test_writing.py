import numpy as np
import pytest

from styler.errors import OutputError
from styler.imaging import Picture, encode, read, write


@pytest.fixture
def picture():
    random = np.random.default_rng(1)
    rgb = random.integers(0, 256, (13, 17, 3), dtype=np.uint8)
    return Picture(rgb, random.integers(0, 256, (13, 17), dtype=np.uint8))


@pytest.mark.parametrize("format", ["png", "tiff"])
def test_lossless_formats_return_every_pixel(picture, format):
    back = read(encode(picture, format))
    np.testing.assert_array_equal(back.rgb, picture.rgb)
    np.testing.assert_array_equal(back.alpha, picture.alpha)


def test_nothing_is_overwritten_unless_forced(picture, tmp_path):
    path = tmp_path / "out.png"
    write(picture, path)
    first = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write(Picture(255 - picture.rgb), path)
    assert path.read_bytes() == first
    write(Picture(255 - picture.rgb), path, force=True)
    np.testing.assert_array_equal(read(path).rgb, 255 - picture.rgb)
    assert [p.name for p in tmp_path.iterdir()] == ["out.png"]
