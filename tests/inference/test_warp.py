"""Pictures moved along a flow."""

import numpy as np
import pytest

from styler.inference.warp import moved


def planes(height: int = 40, width: int = 50) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width].astype(np.float32) / 6
    return np.stack([np.sin(columns + rows), np.cos(columns), rows]).astype(np.float32)


@pytest.mark.parametrize("smooth", [True, False])
def test_whole_pixels_are_exact(smooth: bool) -> None:
    x = planes()
    flow = np.empty((2, 40, 50), np.float32)
    flow[0], flow[1] = 3, -2
    back = moved(x, flow, smooth=smooth)
    np.testing.assert_array_equal(back[:, 2:, :-3], x[:, :-2, 3:])
    np.testing.assert_array_equal(back[:, :2, :-3], np.repeat(x[:, :1, 3:], 2, 1))  # its edge
    np.testing.assert_array_equal(moved(x, np.zeros_like(flow), smooth=smooth), x)


def test_smooth_loses_less_when_repeated() -> None:
    x = planes()
    flow = np.full((2, 40, 50), 0.5, np.float32)

    def lost(smooth: bool) -> float:
        y = x
        for _ in range(10):
            y = moved(moved(y, flow, smooth=smooth), -flow, smooth=smooth)
        return float(np.abs(y - x)[:, 5:-5, 5:-5].max())

    assert lost(True) < 0.02 < lost(False)
