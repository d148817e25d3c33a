"""A painting's detail on a picture."""

import numpy as np
import pytest

from styler.inference.correspondence import SIDES, origins
from styler.inference.patches import smooth
from styler.inference.transfer import LOOSE, Example, Subject, _places, transfer

FLAT = np.full((3, 96, 130), 0.5, np.float32)


def grain(strength: float, seed: int = 0, size: tuple[int, int] = (160, 200)) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(1, size[0] // 2, size[1] // 2))
    luma = np.kron(noise, np.ones((1, 2, 2)))
    return (0.5 + strength * luma).repeat(3, 0).astype(np.float32)


def example(picture: np.ndarray, alpha: np.ndarray | None = None) -> Example:
    found = Example.of(picture, alpha)
    assert found is not None
    return found


def test_the_painting_s_grain_is_laid_on_as_strong_as_it_is() -> None:
    once, twice = (
        float(transfer(Subject.of(FLAT), [(example(grain(s)), 1.0)], 1.0).std())
        for s in (0.03, 0.06)
    )
    painting = grain(0.03)
    assert once == pytest.approx((painting - smooth(painting)).std(), rel=0.15)
    assert twice == pytest.approx(2 * once, rel=0.1)


def test_a_flat_painting_changes_nothing_but_a_picture_s_detail() -> None:
    plain = example(FLAT)
    assert np.abs(transfer(Subject.of(FLAT), [(plain, 1.0)], 0.0)).max() < 1e-5


def test_a_busy_picture_keeps_itself_unless_it_is_painted_boldly() -> None:
    busy, one = grain(0.1, 5, (96, 130)), [(example(grain(0.1)), 1.0)]
    assert busy.shape == FLAT.shape

    def kept(boldness: float) -> float:
        y = busy + transfer(Subject.of(busy), one, boldness)
        return float(np.corrcoef(y.ravel(), busy.ravel())[0, 1])

    assert kept(0.0) > 0.8 > kept(0.5) > kept(1.0)


def test_two_examples_keep_their_strength() -> None:
    pair = [(example(grain(0.05, seed)), 0.5) for seed in (0, 1)]
    alone, both = (
        float(transfer(Subject.of(FLAT), ones, 0.0).std()) for ones in ([(pair[0][0], 1.0)], pair)
    )
    assert both == pytest.approx(alone, rel=0.1)


def test_a_painting_smaller_than_a_patch_is_continued() -> None:
    tiny = example(grain(0.05, size=(10, 6)))
    assert np.isfinite(transfer(Subject.of(FLAT), [(tiny, 1.0)], 0.0)).all()


def test_what_is_transparent_is_not_painted_by() -> None:
    painting, alpha = grain(0.0), np.ones((1, 160, 200), np.float32)
    painting[0, :, 100:], alpha[:, :, 100:] = 1.0, 0
    assert np.abs(transfer(Subject.of(FLAT), [(example(painting, alpha), 1.0)], 0.0)).max() < 0.02
    assert Example.of(painting, np.zeros_like(alpha)) is None


def test_pieces_lie_off_the_lattice_each_as_a_whole() -> None:
    painting = example(grain(0.05))
    offsets = np.zeros((9, 12, 2), np.intp)
    offsets[:, 4:8] = 40, 24
    offsets[:, 8:] = 56, 8
    moved = _places(painting, offsets) - origins(SIDES[-1], 9, 12) - offsets
    stays, one, other = (moved[2:6, start + 1 : start + 3] for start in (0, 4, 8))
    assert not stays.any()
    for piece in (one, other):
        assert piece.any() and (piece == piece[0, 0]).all() and np.abs(piece).max() <= LOOSE
    assert (one[0, 0] != other[0, 0]).any()


def test_pieces_of_a_painting_in_part_transparent_stay_inside_what_is_seen() -> None:
    alpha = np.ones((1, 160, 200), np.float32)
    alpha[:, :, 100:] = 0
    offsets = np.full((9, 12, 2), (40, 24), np.intp)
    places = _places(example(grain(0.05), alpha), offsets)
    assert (places == origins(SIDES[-1], 9, 12) + offsets).all()
