"""What the shipped weights paint, kept: a change must be noticed, and then be meant.

``scripts/update_golden.py`` writes the picture anew, for instance when better weights are shipped.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from styler import Stylizer
from tests.networks import picture

GOLDEN = Path(__file__).parent / "golden" / "painted.png"


def paint() -> NDArray[np.uint8]:
    """A photo at half and at full strength, side by side."""
    stylizer = Stylizer(threads=1)
    photo, style = picture(61, 90, seed=1), stylizer.style(picture(70, 80, seed=2) // 2)
    return np.hstack([stylizer.stylize(photo, style, strength=s) for s in (0.5, 1.0)])


def test_the_shipped_weights_paint_as_before() -> None:
    with Image.open(GOLDEN) as image:
        golden = np.asarray(image).astype(int)
    off = np.abs(paint() - golden).max()
    assert off <= 1, f"{off} levels off; if that is meant, run scripts/update_golden.py"
