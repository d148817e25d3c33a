"""Folders of pictures and crops of them."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from styler.errors import TrainingError
from styler.train.data import Crops, Folder
from tests.networks import picture


def gradient(height: int, width: int) -> Image.Image:
    """Red grows by 2 a column, green by 2 a row."""
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack((columns * 2, rows * 2, 0 * rows), 2).astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    Image.fromarray(picture(40, 60)).save(tmp_path / "b.png")
    Image.fromarray(picture(50, 30)).save(tmp_path / "sub" / "a.JPG")
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    (tmp_path / "notes.txt").write_text("no picture, and not meant to be one")
    return tmp_path


class TestFolder:
    def test_reads_what_it_can_and_tells_the_rest(self, folder: Path) -> None:
        opened = Folder.open(folder)
        assert [p.size for p in opened.pictures] == [(60, 40), (30, 50)]
        assert len(opened) == 2
        assert len(opened.unreadable) == 1
        assert "broken.png" in opened.unreadable[0]

    def test_a_file_of_another_kind_is_left_out_by_name(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A phone's HEIC called .jpg, where no HEIC is read."""
        monkeypatch.setitem(sys.modules, "pillow_heif", None)
        (folder / "phone.jpg").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(1000))
        (folder / "folder.jpg").mkdir()
        opened = Folder.open(folder)
        assert len(opened) == 2
        assert len(opened.unreadable) == 2 and "phone.jpg: HEIC" in opened.unreadable[1]

    def test_reduces_to_the_limit_and_keeps_the_aspect(self, folder: Path) -> None:
        assert [p.size for p in Folder.open(folder, limit=20).pictures] == [(30, 20), (20, 33)]

    def test_too_few(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="holds 2 readable pictures of 3 files"):
            Folder.open(folder, minimum=3)
        (tmp_path / "empty").mkdir()
        with pytest.raises(TrainingError, match="holds 0 readable pictures of 0 files"):
            Folder.open(tmp_path / "empty")

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="is not a folder"):
            Folder.open(tmp_path / "none")


class TestCrops:
    def of(self, image: Image.Image, size: int = 16, seed: int = 0, count: int = 1) -> torch.Tensor:
        return (
            Crops(Folder(Path(), [image], []), size)
            .draw(count, np.random.default_rng(seed))
            .pictures
        )

    def test_shape_and_range(self) -> None:
        batch = self.of(gradient(40, 90), count=7)
        assert batch.shape == (7, 3, 16, 16)
        assert batch.dtype == torch.float32
        assert batch.min() >= 0
        assert batch.max() <= 1
        assert batch.amax((1, 2, 3)).gt(0).all()

    def test_depend_on_the_generator_alone(self) -> None:
        image = gradient(40, 90)
        assert torch.equal(self.of(image, seed=5), self.of(image, seed=5))
        assert not torch.equal(self.of(image, seed=5), self.of(image, seed=6))

    @pytest.mark.parametrize("size", [(40, 90), (110, 50)])
    def test_keep_the_aspect_ratio(self, size: tuple[int, int]) -> None:
        """Red and green rise alike along a crop, whatever the shape of the picture."""
        for seed in range(20):
            red, green, _ = self.of(gradient(*size), seed=seed)[0] * 255
            across = (red[8, 12] - red[8, 3]).abs()
            down = (green[12, 8] - green[3, 8]).abs()
            assert across == pytest.approx(down.item(), abs=2.5)

    def test_cover_scales_from_one_pixel_each_to_the_whole_short_side(self) -> None:
        scales = []
        for seed in range(60):
            green = self.of(gradient(96, 120), seed=seed)[0, 1] * 255
            scales.append(float((green[12, 8] - green[3, 8]) / 9 / 2))
        assert min(scales) == pytest.approx(1, abs=0.25)
        assert max(scales) == pytest.approx(6, abs=1)

    def test_are_mirrored_half_of_the_time(self) -> None:
        reds = [self.of(gradient(40, 60), seed=seed)[0, 0] for seed in range(60)]
        mirrored = sum(bool(red[8, 3] > red[8, 12]) for red in reds)
        assert 15 < mirrored < 45

    def test_enlarge_small_pictures(self) -> None:
        assert self.of(gradient(5, 9), size=32).shape == (1, 3, 32, 32)

    def test_draw_every_picture_before_any_twice(self) -> None:
        images = [Image.new("RGB", (20, 20), (40 * i, 0, 0)) for i in range(5)]
        folder = Folder(Path(), images, [])
        batch = Crops(folder, 8).draw(7, np.random.default_rng(0)).pictures
        seen = (batch[:, 0].mean((1, 2)) * 255 / 40).round().int().tolist()
        assert sorted(seen[:5]) == [0, 1, 2, 3, 4]
        assert len(set(seen[5:])) == 2

    def test_recolouring_permutes_channels(self) -> None:
        folder = Folder(Path(), [Image.new("RGB", (20, 20), (250, 100, 0))], [])
        rng = np.random.default_rng(0)
        plain = Crops(folder, 8).draw(20, rng).pictures[:, :, 4, 4].mul(255).round()
        permuted = Crops(folder, 8, recolour=1.0).draw(40, rng).pictures[:, :, 4, 4]
        permuted = permuted.mul(255).round()
        assert len({tuple(c) for c in plain.tolist()}) == 1
        assert len({tuple(c) for c in permuted.tolist()}) == 6
        torch.testing.assert_close(permuted.sort(1).values, plain.sort(1).values.repeat(2, 1))

    def test_vivid_pictures_are_drawn_more_often(self) -> None:
        grey, vivid = Image.new("RGB", (20, 20), (120,) * 3), gradient(60, 90)
        folder = Folder(Path(), [grey, grey, vivid], [])
        drawn = []
        for exponent in (0.0, 1.0):
            rng, crops = np.random.default_rng(0), Crops(folder, 8, vivid=exponent)
            batches = [crops.draw(1, rng).pictures[0] for _ in range(60)]
            drawn.append(sum(bool((x[0] != x[2]).any()) for x in batches))
        assert 8 < drawn[0] < 32
        assert drawn[1] > 45

    def test_jitter_changes_colours_within_the_range(self) -> None:
        folder = Folder(Path(), [gradient(40, 90)], [])
        crops = Crops(folder, 16, jitter=0.5).draw(9, np.random.default_rng(0)).pictures
        assert crops.min() >= 0
        assert crops.max() <= 1
        assert len({round(x.mean().item(), 2) for x in crops}) > 4


class TestFixedCrops:
    def crops(self, fixed: int = 2) -> Crops:
        images = [gradient(40 + 9 * i, 90) for i in range(3)]
        return Crops(Folder(Path(), images, []), 16, recolour=0.5, fixed=fixed, seed=(3,))

    def test_come_again_alike_whatever_the_step(self) -> None:
        seen: dict[int, torch.Tensor] = {}
        for seed in range(12):
            batch = self.crops().draw(3, np.random.default_rng(seed))
            assert batch.numbers is not None
            for number, crop in zip(batch.numbers, batch.pictures, strict=True):
                assert torch.equal(seen.setdefault(number, crop), crop)
        assert sorted(seen) == list(range(len(self.crops()))) == list(range(6))
        assert len({crop.sum().item() for crop in seen.values()}) == 6

    def test_new_crops_have_no_number(self) -> None:
        assert self.crops(fixed=0).draw(3, np.random.default_rng(0)).numbers is None


def test_pictures_are_found_as_everywhere_else(tmp_path: Path) -> None:
    for name in ("a.jfif", ".hidden.jpg", ".cache/b.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(picture(40, 50)).save(path, "JPEG")
    assert len(Folder.open(tmp_path)) == 1


def test_what_hides_under_transparency_is_not_learned(tmp_path: Path) -> None:
    pixels = np.full((40, 50, 4), (10, 20, 30, 255), np.uint8)
    pixels[:20] = (255, 0, 0, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (found,) = Folder.open(tmp_path).pictures
    assert (np.asarray(found) == (10, 20, 30)).all()
