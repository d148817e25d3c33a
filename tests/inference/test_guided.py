"""A painting led by the photo: no halo where the photo has none."""

import numpy as np
import pytest

from styler.imaging import blur
from styler.inference.guided import SHARE, guided


def edge(side: int = 96) -> np.ndarray:
    photo = np.full((3, side, side), 0.2, np.float32)
    photo[:, :, side // 2 :] = 0.8
    return photo


def test_a_function_of_the_photo_is_left_as_it_is() -> None:
    photo = np.random.default_rng(0).random((3, 40, 60), np.float32)
    photo = blur(photo, 2.0)
    matrix = np.array([[0.5, 0.2, 0.0], [0.1, -0.6, 0.3], [0.0, 0.2, 0.9]], np.float32)
    painted = np.tensordot(matrix, 4 * photo, 1) + np.float32(0.1)
    led = guided(painted, 4 * photo)
    assert np.abs(led - painted).mean() < 0.02 * painted.std()


def test_a_halo_shrinks_and_the_edge_stays() -> None:
    photo = edge()
    halo = photo + 0.5 * (photo - blur(photo, 3.0))
    led = guided(halo, photo)
    assert np.abs(led - photo).max() < (1.2 - SHARE) * np.abs(halo - photo).max()
    assert (led[:, :, 60] - led[:, :, 36]).min() > 0.5


def test_swirls_on_a_flat_photo_fade() -> None:
    photo = np.full((3, 64, 64), 0.5, np.float32)
    rows = np.arange(64)[:, None] * np.ones(64)
    painted = (0.5 + 0.1 * np.sin(rows))[None].repeat(3, 0).astype(np.float32)
    assert guided(painted, photo).std() == pytest.approx((1 - SHARE) * painted.std(), rel=0.1)


@pytest.mark.parametrize("shape", [(3, 1, 1), (3, 2, 7), (3, 5, 3), (3, 33, 18)])
def test_any_size(shape: tuple[int, int, int]) -> None:
    painted = np.random.default_rng(1).random(shape, np.float32)
    assert guided(painted, painted[::-1]).shape == shape
