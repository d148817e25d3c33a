"""What tells a painting from a photo in other colours, on pictures whose value is known."""

import numpy as np
import pytest
import torch

from styler.evaluation.metrics import style_distance
from styler.evaluation.painted import (
    bands,
    correlation,
    flat_areas,
    flat_strength,
    reduced,
    tile_distances,
)
from styler.evaluation.pairs import Evaluation, Measures
from styler.network import Vgg, load_vgg
from styler.norm.moments import moments
from tests.networks import picture, write_vgg


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Vgg:
    return load_vgg(write_vgg(tmp_path_factory.mktemp("vgg") / "vgg.safetensors"))


def measured(judge: Vgg, photo: np.ndarray, painting: np.ndarray, painted: np.ndarray) -> Measures:
    evaluation = Evaluation({"a": photo}, {"b": painting}, judge)
    ((pair, _),) = evaluation.of_pictures(lambda *_: painted)
    return pair.measures


def speckled(deviation: float, seed: int = 0, side: int = 128) -> np.ndarray:
    """Grey with blots some pixels wide."""
    noise = torch.randn(1, 1, side // 4, side // 4, generator=torch.Generator().manual_seed(seed))
    blots = torch.nn.functional.interpolate(noise, scale_factor=4, mode="bicubic")[0, 0, ..., None]
    return np.uint8(np.clip(np.rint(128 + deviation * blots.numpy().repeat(3, 2)), 0, 255))


def test_reduced_averages_and_keeps_what_is_whole() -> None:
    x = torch.rand(1, 3, 66, 50)
    assert reduced(x, 1) is x
    assert reduced(x, 2).shape == (1, 3, 33, 25) and reduced(x, 4).shape == (1, 3, 16, 12)
    waves = torch.full((1, 1, 64, 64), 0.25)
    waves[..., ::2] = 0.75
    torch.testing.assert_close(reduced(waves, 4)[..., 1:-1], torch.full((1, 1, 16, 14), 0.5))


@pytest.mark.parametrize("shape", [(16, 24), (19, 26)])
def test_tile_distances_are_style_distances_of_the_parts(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    maps = [torch.rand(1, 5, *shape, generator=generator) for _ in range(2)]
    target = [moments(torch.rand(1, 5, 9, 9, generator=generator)) for _ in range(2)]
    height, width = shape[0] // 4, shape[1] // 4
    found = tile_distances(maps, target).tolist()
    assert len(found) == 16
    for index, value in enumerate(found):
        top, left = index // 4 * height, index % 4 * width
        parts = [x[..., top : top + height, left : left + width] for x in maps]
        assert value == pytest.approx(style_distance([moments(x) for x in parts], target), rel=1e-4)


def test_a_painting_is_as_much_itself_as_its_parts_are(judge: Vgg) -> None:
    painting = picture(128, 128)
    same = measured(judge, picture(128, 128, seed=1), painting, painting)
    assert same.style == same.style_half == same.style_quarter == pytest.approx(0, abs=1e-9)
    assert same.tile is not None and same.worst_tiles is not None
    assert 0.5 < same.tile < 1.2 and 1 <= same.worst_tiles < 3


def test_a_bare_part_shows_in_the_worst_tiles(judge: Vgg) -> None:
    painting, photo = picture(128, 128), picture(128, 128, seed=1)
    bare = painting.copy()
    bare[:32] = painting.mean((0, 1))
    whole, part = (measured(judge, photo, painting, one) for one in (painting, bare))
    assert part.worst_tiles and whole.worst_tiles and part.tile and whole.tile
    assert part.worst_tiles > 2 * whole.worst_tiles
    assert part.tile < 1.5 * whole.tile, "three quarters are as they were"


def test_missing_broad_strokes_show_at_a_quarter(judge: Vgg) -> None:
    fine = np.random.default_rng(0).normal(0, 30, (128, 128, 1))
    broad = speckled(30)
    painting = np.uint8(np.clip(broad + fine, 0, 255))
    without = np.uint8(np.clip(128 + 1.4 * fine.repeat(3, 2), 0, 255))
    found = measured(judge, picture(128, 128), painting, without)
    assert found.style_quarter is not None and found.style_half is not None
    assert found.style_quarter > found.style_half > 2 * found.style


def test_bands_share_the_picture_among_them() -> None:
    pixels = picture(70, 90)
    luma = pixels @ [0.299, 0.587, 0.114]
    found = bands(pixels)
    assert [band.shape for band in found] == [(70, 90)] * 4
    x = np.arange(256)
    for number, period in ((0, 16), (1, 32), (2, 64), (3, 128)):
        wave = np.uint8(np.rint(128 + 60 * np.cos(2 * np.pi * x / period)))
        spread = [band.std() for band in bands(np.tile(wave[None, :, None], (256, 1, 3)))]
        assert int(np.argmax(spread)) == number
    assert all(abs(band.mean()) < 0.1 * luma.std() for band in found)


def test_flat_areas_are_those_without_detail() -> None:
    photo = picture(128, 128)
    photo[:80] = 120
    flat = flat_areas(photo)
    assert flat is not None and flat[:60].all() and not flat[100:].any()
    assert flat_areas(picture(128, 128)) is None, "hardly any of it"


def test_flat_strength_is_relative_to_the_painting() -> None:
    everywhere = np.ones((128, 128), bool)
    painting = bands(speckled(40))
    for share in (0.0, 0.5, 1.0):
        found = flat_strength(bands(speckled(40 * share)), painting, everywhere)
        assert found == pytest.approx(share, rel=0.02)
    half = everywhere.copy()
    half[:64] = False
    bare = speckled(40)
    bare[64:] = 128
    found = flat_strength(bands(bare), painting, half)
    assert found is not None and found < 0.5, "only flat places count"
    assert flat_strength(painting, bands(np.full((128, 128, 3), 90, np.uint8)), half) is None


def test_strong_grain_passes_for_strokes() -> None:
    photo = np.full((128, 128, 3), 128, np.uint8)
    grain = np.random.default_rng(0).normal(0, 40, (128, 128, 1)).repeat(3, 2)
    noisy = np.uint8(np.clip(photo + grain, 0, 255))
    everywhere = np.ones((128, 128), bool)
    found, none = (
        flat_strength(bands(one), bands(speckled(20)), everywhere) for one in (noisy, photo)
    )
    assert none == 0 and found is not None and found > 0.2, "what docs/evaluation.md warns of"


def test_correlation_is_of_shapes_whatever_their_tone() -> None:
    a, b = bands(picture(128, 128))[1], bands(picture(128, 128, seed=1))[1]
    assert correlation(a, a) == correlation(a, 5 - 3 * a) == pytest.approx(1)
    found = correlation(a, b)
    assert found is not None and found < 0.3
    assert correlation(a, np.zeros_like(a)) is None


def test_shapes_drawn_anew_and_the_subject_kept(judge: Vgg) -> None:
    y, x = np.mgrid[:128, :128, :3][:2] / 128
    subject, photo = 60 * np.sin(6 * y + 4 * x), speckled(20, seed=3)
    photo = np.uint8(photo + subject)
    painted = np.uint8(speckled(20, seed=4) + subject)
    found, own = (measured(judge, photo, picture(128, 128), one) for one in (painted, photo))
    assert own.fine == own.coarse == pytest.approx(1)
    assert found.fine is not None and found.coarse is not None
    assert found.fine < 0.5 < 0.9 < found.coarse


def test_the_smallest_pictures_can_be_measured(judge: Vgg) -> None:
    found = measured(judge, picture(64, 64), picture(65, 71), picture(64, 64, seed=2))
    assert found.tile is not None and np.isfinite(found.tile) and found.style_quarter
