"""Colourfulness and jitter."""

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
    x = torch.rand(2, 3, 5, 6)
    torch.testing.assert_close(jitter(x, torch.ones(2), torch.ones(2)), x)


def test_jitter_keeps_grey_grey() -> None:
    grey = torch.full((2, 3, 4, 4), 0.5)
    changed = jitter(grey, torch.tensor([0.5, 2.0]), torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(
        changed, torch.tensor([0.5, 0.25])[:, None, None, None].expand_as(grey)
    )


def test_jitter_scales_the_distance_from_grey() -> None:
    """By hand: luma 0.299 * 0.8 + 0.701 * 0.4 = 0.5196."""
    red = torch.tensor([0.8, 0.4, 0.4])[:, None, None].expand(3, 3, 2, 2)
    changed = jitter(red, torch.tensor([0.0, 1.5, 9.0]), torch.ones(3))[:, :, 0, 0]
    expected = [[0.5196] * 3, [0.9402, 0.3402, 0.3402], [1.0, 0.0, 0.0]]
    torch.testing.assert_close(changed, torch.tensor(expected))
