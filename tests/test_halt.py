"""Work that stops when it is called off."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from styler.halt import AbandonedError, checkpoint, until
from styler.imaging import Palette, Picture, bands, blur, encode, read, stretch
from styler.inference.guided import guided


def test_work_goes_on_until_it_is_called_off() -> None:
    called_off: list[bool] = []
    checkpoint()
    with until(lambda: bool(called_off)):
        checkpoint()
        called_off.append(True)
        with pytest.raises(AbandonedError):
            checkpoint()
        with pytest.raises(AbandonedError):
            next(bands(10, 10))
        with until(lambda: False):
            checkpoint()
    checkpoint()


@pytest.mark.parametrize("format", ["png", "bmp"])
def test_encoders_stop_in_the_middle(format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)
    asked = 0

    def called_off() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    with until(called_off), pytest.raises(AbandonedError):
        encode(Picture(noise), format)
    assert asked == 3


def test_what_is_called_off_is_no_damage() -> None:
    data = encode(Picture(np.zeros((9, 9, 3), np.uint8)), "png")
    with until(lambda: True), pytest.raises(AbandonedError):
        read(data)
    assert read(data).width == 9


PLANES = np.random.default_rng(0).random((3, 20, 30), np.float32)


@pytest.mark.parametrize(
    "step",
    [
        lambda: blur(PLANES, 1.0),
        lambda: stretch(PLANES, (60, 40)),
        lambda: guided(PLANES, PLANES),
        lambda: Palette.of(PLANES[None]),
    ],
)
def test_steps_over_a_whole_picture_stop(step: Callable[[], object]) -> None:
    step()
    with until(lambda: True), pytest.raises(AbandonedError):
        step()
