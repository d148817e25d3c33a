"""Colourfulness and jitter."""

import numpy as np
import pytest
import torch
from PIL import Image

from styler.train.colour import colourfulness, jitter


def test_grey_has_no_colour() -> None:
    assert colourfulness(Image.new("RGB", (9, 9), (77, 77, 77))) == 0
    assert colourfulness(Image.new("L", (9, 9), 200)) == 0


def test_colourfulness_of_two_halves() -> None:
    """Pure red beside pure green, by hand: opponents (+-255, 127.5)."""
    halves = Image.new("RGB", (8, 8), (255, 0, 0))
    halves.paste((0, 255, 0), (0, 0, 4, 8))
    assert colourfulness(halves) == pytest.approx(255 + 0.3 * 127.5)


def test_jitter_of_nothing_changes_nothing() -> None:
    x = torch.rand(3, 5, 6)
    torch.testing.assert_close(jitter(x, 0.0, np.random.default_rng(0)), x)


def test_jitter_keeps_grey_grey_and_varies_saturation() -> None:
    rng = np.random.default_rng(0)
    grey = torch.full((3, 4, 4), 0.5)
    for _ in range(5):
        changed = jitter(grey, 0.5, rng)
        torch.testing.assert_close(changed[0], changed[2])
        assert 0.5 ** np.exp(0.5) <= changed.min() <= changed.max() <= 0.5 ** np.exp(-0.5)
    red = torch.tensor([0.8, 0.4, 0.4])[:, None, None].expand(3, 4, 4)
    changed = [jitter(red, 0.5, rng) for _ in range(5)]
    spans = {round((x[0] - x[1]).mean().item(), 3) for x in changed}
    assert len(spans) == 5
