"""What the shipped models paint, kept: a change must be noticed, and then be meant.

``scripts/update_golden.py`` writes the pictures anew, for instance when better weights are shipped.
"""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from styler import Stylizer
from styler.models import models
from tests.networks import picture


def golden(model: str) -> Path:
    return Path(__file__).parent / "golden" / f"{model}.png"


def paint(model: str) -> NDArray[np.uint8]:
    """A photo at half and at full strength, side by side."""
    stylizer = Stylizer(model, threads=1)
    photo, style = picture(61, 90, seed=1), stylizer.style(picture(70, 80, seed=2) // 2)
    return np.hstack([stylizer.stylize(photo, style, strength=s) for s in (0.5, 1.0)])


@pytest.mark.parametrize("model", models())
def test_the_shipped_models_paint_as_before(model: str) -> None:
    with Image.open(golden(model)) as image:
        before = np.asarray(image).astype(int)
    off = np.abs(paint(model) - before).max()
    assert off <= 1, f"{off} levels off; if that is meant, run scripts/update_golden.py"
