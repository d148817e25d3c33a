"""Painting through the one object: exact where it must be, the same every time, typed errors."""

import copy
import io
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import styler
from styler import Picture, Style, Stylizer, imaging
from styler.controls import STRENGTH
from styler.errors import (
    ImageError,
    ParameterError,
    StyleError,
    TooLargeError,
    WeightsError,
)
from tests.networks import picture


@pytest.fixture(scope="module")
def stylizer() -> Stylizer:
    return Stylizer(threads=1)


@pytest.fixture(scope="module")
def style(stylizer: Stylizer) -> Style:
    return stylizer.style(picture(50, 61, seed=5) // 2 + np.array([80, 0, 40], np.uint8))


@pytest.fixture(scope="module")
def other(stylizer: Stylizer) -> Style:
    return stylizer.style(picture(64, 40, seed=6) // 3)


PHOTO = picture(37, 52)


class TestStrength:
    @pytest.mark.parametrize("photo", [PHOTO, picture(1, 1), picture(3, 70)])
    def test_zero_returns_the_photo_exactly(
        self, stylizer: Stylizer, style: Style, photo: NDArray[np.uint8]
    ) -> None:
        painted = stylizer.stylize(photo, style, strength=0)
        assert np.array_equal(painted, photo)
        assert not np.shares_memory(painted, photo)

    def test_zero_returns_a_picture_exactly(self, stylizer: Stylizer, style: Style) -> None:
        alpha = picture(37, 52, seed=3)[..., 0]
        painted = stylizer.stylize(Picture(PHOTO, alpha), style, strength=0)
        assert np.array_equal(painted.rgb, PHOTO)
        assert painted.alpha is not None
        assert np.array_equal(painted.alpha, alpha)

    def test_more_is_farther_from_none(self, stylizer: Stylizer, style: Style) -> None:
        slight, half, full, more = (
            stylizer.stylize(PHOTO, style, strength=s).astype(float) for s in (1e-6, 0.5, 1, 1.5)
        )
        moved = [np.abs(painted - slight).mean() for painted in (half, full, more)]
        assert 0 < moved[0] < min(moved[1:])
        assert moved[1] != moved[2]

    @pytest.mark.parametrize("strength", [-0.01, STRENGTH.high + 0.01, float("nan"), float("inf")])
    def test_out_of_range(self, stylizer: Stylizer, style: Style, strength: float) -> None:
        with pytest.raises(ParameterError, match=r"strength must be from 0 to 1\.5, not"):
            stylizer.stylize(PHOTO, style, strength=strength)


class TestSameBytes:
    def test_twice(self, stylizer: Stylizer, style: Style) -> None:
        assert np.array_equal(stylizer(PHOTO, style), stylizer.stylize(PHOTO, style))

    def test_from_several_threads_at_once(self, stylizer: Stylizer, style: Style) -> None:
        photos = [picture(40 + i, 33, seed=i) for i in range(4)]
        alone = [stylizer.stylize(photo, style) for photo in photos]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda photo: stylizer.stylize(photo, style), photos * 3))
        for painted, expected in zip(together, alone * 3, strict=True):
            assert np.array_equal(painted, expected)

    def test_with_one_thread_or_two(self, stylizer: Stylizer, style: Style) -> None:
        two = Stylizer(threads=2)
        assert two.info.threads == 2
        assert np.array_equal(two.stylize(PHOTO, style), stylizer.stylize(PHOTO, style))

    def test_with_a_saved_style(self, stylizer: Stylizer, style: Style, tmp_path: Path) -> None:
        path = tmp_path / "mine.style"
        style.save(path)
        expected = stylizer.stylize(PHOTO, style)
        assert np.array_equal(stylizer.stylize(PHOTO, Style.load(path)), expected)
        assert np.array_equal(stylizer.stylize(PHOTO, str(path)), expected)


class TestTransparency:
    """Alpha is a mask: what is hidden neither counts nor shines through nor changes."""

    @staticmethod
    def half_hidden(fill: NDArray[np.uint8]) -> Picture:
        rgb, alpha = picture(48, 64), np.full((48, 64), 255, np.uint8)
        alpha[:, 32:] = 0
        rgb[:, 32:] = fill
        return Picture(rgb, alpha)

    def test_opaque_alpha_is_no_alpha(self, stylizer: Stylizer, style: Style) -> None:
        opaque = Picture(PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8))
        assert np.array_equal(stylizer.stylize(opaque, style).rgb, stylizer.stylize(PHOTO, style))

    def test_hidden_noise_is_hidden_black(self, stylizer: Stylizer, style: Style) -> None:
        noise = self.half_hidden(np.random.default_rng(0).integers(0, 256, (48, 32, 3), np.uint8))
        black = self.half_hidden(np.zeros((48, 32, 3), np.uint8))
        first, second = stylizer.stylize(noise, style), stylizer.stylize(black, style)
        assert np.array_equal(first.rgb[:, :32], second.rgb[:, :32])
        assert np.array_equal(first.rgb[:, 32:], noise.rgb[:, 32:])
        assert not np.array_equal(first.rgb[:, :32], noise.rgb[:, :32])

    def test_hidden_pixels_change_the_opaque_ones_little(
        self, stylizer: Stylizer, style: Style
    ) -> None:
        """Statistics are those of the visible half; only its edge sees something else."""
        hidden = self.half_hidden(np.zeros((48, 32, 3), np.uint8))
        far = np.s_[:, :8]
        masked = stylizer.stylize(hidden, style).rgb[far].astype(int)
        cut = stylizer.stylize(hidden.rgb[:, :32].copy(), style)[far]
        unmasked = stylizer.stylize(hidden.rgb, style)[far]
        assert np.abs(masked - cut).mean() < np.abs(masked - unmasked).mean()

    def test_all_hidden_stays(self, stylizer: Stylizer, style: Style) -> None:
        hidden = Picture(PHOTO, np.zeros(PHOTO.shape[:2], np.uint8))
        assert np.array_equal(stylizer.stylize(hidden, style).rgb, PHOTO)

    @pytest.mark.parametrize("size", [None, 16])
    def test_of_a_painting(self, stylizer: Stylizer, size: int | None) -> None:
        noise = self.half_hidden(np.random.default_rng(1).integers(0, 256, (48, 32, 3), np.uint8))
        black = self.half_hidden(np.zeros((48, 32, 3), np.uint8))
        first, second = (stylizer.style(p, size=size).statistics for p in (noise, black))
        for a, b in zip(first, second, strict=True):
            assert np.array_equal(a.mean, b.mean)
            assert np.array_equal(a.variance, b.variance)


class TestSixteenBits:
    def test_is_the_8_bit_painting_in_finer_steps(self, stylizer: Stylizer, style: Style) -> None:
        fine = stylizer.stylize(Picture(PHOTO.astype(np.uint16) * 257), style)
        assert fine.rgb.dtype == np.uint16
        coarse = stylizer.stylize(PHOTO, style)
        assert np.abs(fine.rgb / 257 - coarse).max() <= 0.51
        assert len(np.unique(fine.rgb)) > 256

    def test_with_transparency(self, stylizer: Stylizer, style: Style) -> None:
        rgb, alpha = PHOTO.astype(np.uint16) * 257, np.full(PHOTO.shape[:2], 65535, np.uint16)
        alpha[:9] = 0
        painted = stylizer.stylize(Picture(rgb, alpha), style)
        assert np.array_equal(painted.rgb[:9], rgb[:9])
        assert painted.alpha is not None
        assert painted.alpha.dtype == np.uint16


class TestStyles:
    def test_a_mixture_of_one_style_is_that_style(self, stylizer: Stylizer, style: Style) -> None:
        expected = stylizer.stylize(PHOTO, style)
        mixed = stylizer.stylize(PHOTO, [(style, 0.2), (style, 0.8)])
        assert np.array_equal(mixed, expected)

    def test_a_mixture_lies_between(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        first, second = (stylizer.stylize(PHOTO, s).astype(float) for s in (style, other))
        between = stylizer.stylize(PHOTO, [(style, 1), (other, 1)])
        apart = np.abs(first - second).mean()
        assert np.abs(between - first).mean() < apart
        assert np.abs(between - second).mean() < apart

    def test_by_name_path_and_painting(
        self, stylizer: Stylizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("STYLER_STYLES", str(tmp_path))
        painting = picture(40, 44, seed=9)
        Image.fromarray(painting).save(tmp_path / "wall.png")
        made = stylizer.style(tmp_path / "wall.png")
        assert made.name == "wall"
        made.save(tmp_path / "zz-wall.style")
        expected = stylizer.stylize(PHOTO, made)
        for given in (
            "zz-wall",
            tmp_path / "zz-wall.style",
            str(tmp_path / "wall.png"),
            tmp_path / "wall.png",
            (tmp_path / "wall.png").read_bytes(),
            painting,
            Picture(painting),
            [("zz-wall", 3.0)],
        ):
            assert np.array_equal(stylizer.stylize(PHOTO, given), expected)

    def test_size_is_the_short_side_that_is_looked_at(self, stylizer: Stylizer) -> None:
        painting = picture(96, 64)
        whole, small = (stylizer.style(painting, size=s).statistics[0].count for s in (None, 32))
        assert (whole, small) == (12 * 8, 6 * 4)
        assert stylizer.style(painting, size=512).statistics[0].count == whole

    def test_of_a_style_is_itself(self, stylizer: Stylizer, style: Style) -> None:
        assert stylizer.style(style) is style

    @pytest.mark.parametrize("size", [15, 0, -3])
    def test_refuses_a_size(self, stylizer: Stylizer, size: int) -> None:
        with pytest.raises(ParameterError, match="style_size must be from 16 to 4096"):
            stylizer.style(PHOTO, size=size)

    def test_refuses_a_style_of_another_model(self, stylizer: Stylizer, style: Style) -> None:
        with pytest.raises(StyleError, match="was made with other weights"):
            stylizer.stylize(PHOTO, replace(style, model="0" * 16))
        with pytest.raises(StyleError, match="was made with other weights"):
            stylizer.stylize(PHOTO, [(replace(style, model="0" * 16), 1)])
        with pytest.raises(StyleError, match="was made with other weights"):
            stylizer.stylize(PHOTO, replace(style, statistics=style.statistics[:2]))

    @pytest.mark.parametrize("name", ["no-such-style", "x" * 5000, "nul\0", ""])
    def test_refuses_unknown_names(self, stylizer: Stylizer, name: str) -> None:
        with pytest.raises(StyleError, match="no style"):
            stylizer.stylize(PHOTO, name)

    @pytest.mark.parametrize("weights", [(), (0, 0), (1, -1), (float("nan"), 1)])
    def test_refuses_weights(self, stylizer: Stylizer, style: Style, weights: Any) -> None:
        with pytest.raises(ParameterError, match="style weights"):
            stylizer.stylize(PHOTO, [(style, weight) for weight in weights])


class TestPictures:
    @pytest.mark.parametrize(
        "photo",
        [
            np.zeros((4, 4, 5), np.uint8),
            np.zeros((4, 4, 3), np.int8),
            np.zeros((0, 4, 3), np.uint8),
        ],
    )
    def test_refuses_arrays(self, stylizer: Stylizer, style: Style, photo: NDArray[Any]) -> None:
        with pytest.raises(ParameterError, match="give uint8"):
            stylizer.stylize(photo, style)

    def test_refuses_what_is_no_picture(self, stylizer: Stylizer, style: Style) -> None:
        with pytest.raises(ImageError):
            stylizer.stylize(b"not a picture", style)

    def test_reads_a_path(self, stylizer: Stylizer, style: Style, tmp_path: Path) -> None:
        Image.fromarray(PHOTO).save(tmp_path / "photo.png")
        painted = stylizer.stylize(tmp_path / "photo.png", style)
        assert np.array_equal(painted, stylizer.stylize(PHOTO, style))

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_an_array_comes_back_with_its_channels_and_dtype(
        self, stylizer: Stylizer, style: Style, dtype: type
    ) -> None:
        white = np.iinfo(dtype).max
        rgb = PHOTO.astype(dtype) * dtype(white // 255)
        alpha = np.full((*PHOTO.shape[:2], 1), white, dtype)
        painted = stylizer.stylize(np.dstack([rgb, alpha]), style)
        assert painted.dtype == dtype
        assert np.array_equal(painted, np.dstack([stylizer.stylize(rgb, style), alpha]))

    @pytest.mark.parametrize(
        ("format", "back"), [("jpeg", "jpeg"), ("png", "png"), ("webp", "webp"), ("gif", "png")]
    )
    def test_bytes_come_back_as_bytes(
        self, stylizer: Stylizer, style: Style, format: str, back: str
    ) -> None:
        data = imaging.encode(Picture(PHOTO), format)
        painted = stylizer.stylize(data, style)
        assert isinstance(painted, bytes)
        read = imaging.read(painted)
        assert read.metadata.format == back
        expected = stylizer.stylize(imaging.read(data), style)
        assert painted == imaging.encode(expected, back)

    def test_takes_views_and_read_only_arrays(self, stylizer: Stylizer, style: Style) -> None:
        view = PHOTO[::-1, ::2]
        view.flags.writeable = False
        assert np.array_equal(
            stylizer.stylize(view, style), stylizer.stylize(np.ascontiguousarray(view), style)
        )


class TestInfo:
    def test_says_what_is_loaded(self, stylizer: Stylizer) -> None:
        info = stylizer.info
        assert (info.name, info.engine, info.threads) == ("default", "onnxruntime", 1)
        assert info.parameters > 100_000
        assert len(info.sha256) == 64
        assert repr(stylizer) == "Stylizer('default', engine='onnxruntime', threads=1)"

    def test_unknown_model(self) -> None:
        with pytest.raises(WeightsError, match=r"no model 'nonsense'; use one of .*default"):
            Stylizer("nonsense")


def test_too_little_memory_is_told(
    stylizer: Stylizer, style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("styler.inference.stylizer.paint", full)
    with pytest.raises(TooLargeError, match="not enough memory to paint 52x37 pixels"):
        stylizer.stylize(PHOTO, style)


def test_one_liner(stylizer: Stylizer) -> None:
    painting = picture(40, 44, seed=9)
    painted = styler.stylize(PHOTO, painting, strength=0.7)
    expected = stylizer.stylize(PHOTO, stylizer.style(painting), strength=0.7)
    assert np.array_equal(painted, expected)


class TestHoweverThePhotoCame:
    @staticmethod
    def forms(photo: Picture, tmp_path: Path) -> dict[str, Any]:
        data = imaging.encode(photo, "png", bits=photo.bits)
        path = tmp_path / "photo.png"
        path.write_bytes(data)
        forms = {"path": path, "bytes": data, "file": io.BytesIO(data), "array": photo.samples()}
        return forms | ({"image": Image.open(path)} if photo.bits == 8 else {})

    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("transparent", [False, True])
    def test_it_is_painted_the_same(
        self, stylizer: Stylizer, style: Style, tmp_path: Path, bits: int, transparent: bool
    ) -> None:
        alpha = picture(37, 52, seed=3)[..., 0] if transparent else None
        photo = Picture(PHOTO, alpha).to_bits(bits)
        expected = stylizer.stylize(photo, style).samples()
        assert expected.shape[2] == (4 if transparent else 3)
        for name, form in self.forms(photo, tmp_path).items():
            painted: Any = stylizer.stylize(form, style)
            if isinstance(painted, bytes):
                painted = imaging.read(painted, bits=None).samples()
            painted = np.asarray(painted)
            assert painted.dtype == expected.dtype, name
            assert np.array_equal(painted, expected), name

    @pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
    def test_floats_are_painted_and_come_back(
        self, stylizer: Stylizer, style: Style, kind: Any
    ) -> None:
        # Without strokes: which ones are taken may change with the last digit of a float16.
        painted = stylizer.stylize((PHOTO / 255).astype(kind), style, brushwork=0)
        assert painted.dtype == kind and painted.min() >= 0 and painted.max() <= 1
        expected = stylizer.stylize(PHOTO, style, brushwork=0)
        assert np.abs(painted.astype(float) * 255 - expected).max() < 2

    def test_grey_is_its_colour(self, stylizer: Stylizer, style: Style) -> None:
        grey = PHOTO[..., 0]
        expected = stylizer.stylize(np.repeat(grey[..., None], 3, 2), style)
        for form in (grey, grey[..., None], Image.fromarray(grey)):
            assert np.array_equal(np.asarray(stylizer.stylize(form, style)), expected)
        alpha = PHOTO[..., 1]
        painted = stylizer.stylize(np.dstack([grey, alpha]), style)
        assert np.array_equal(painted[..., 3], alpha)

    @pytest.mark.parametrize("nothing", [None, [], [None], {"path": "photo.jpg"}, 7, object()])
    def test_what_is_no_picture_is_our_own_error(
        self, stylizer: Stylizer, style: Style, nothing: Any
    ) -> None:
        for call in (
            lambda: stylizer.stylize(nothing, style),
            lambda: stylizer.stylize(PHOTO, nothing),
            lambda: stylizer.style(nothing),
            lambda: stylizer.stylize(PHOTO, style, masks=[nothing]),
            lambda: stylizer.stylize(PHOTO, style, masks=nothing or [None]),
            lambda: stylizer.stylize(PHOTO, style, only=nothing or {}),
        ):
            with pytest.raises(styler.StylerError) as caught:
                call()
            assert len(str(caught.value).splitlines()) == 1

    @pytest.mark.parametrize(
        "array",
        [
            np.full((4, 5, 3), 1.5),
            np.full((4, 5), -0.1),
            np.full((4, 5, 3), np.nan),
            np.zeros((4, 5, 5), np.uint8),
            np.zeros((4, 5, 3), np.int64),
            np.zeros((4, 0), np.uint8),
            np.zeros(4, np.uint8),
            np.zeros((4, 5, 3), complex),
        ],
    )
    def test_arrays_that_are_none_are_refused(
        self, stylizer: Stylizer, style: Style, array: Any
    ) -> None:
        with pytest.raises(ParameterError, match="give"):
            stylizer.stylize(array, style)

    def test_an_image_keeps_its_exif(self, stylizer: Stylizer, style: Style) -> None:
        photo = Image.fromarray(PHOTO)
        exif = Image.Exif()
        exif[0x010F], exif[0x0112] = "Maker", 6
        photo.info |= {"exif": exif.tobytes(), "dpi": (300, 300)}
        painted = stylizer.stylize(photo, style)
        assert painted.size == (37, 52)
        kept = painted.getexif()
        assert kept[0x010F] == "Maker" and kept.get(0x0112, 1) == 1, "for it is upright now"
        assert painted.info["dpi"] == (300, 300)


def test_a_stylizer_travels_by_its_arguments(
    random_model: Callable[[str, str], Path], style: Style
) -> None:
    folder = random_model("compact", "none")
    own = Stylizer(folder, threads=1)
    data = pickle.dumps(own)
    assert len(data) < 1000
    for copied in (pickle.loads(data), copy.deepcopy(own)):
        assert copied.info == own.info
        photo = picture(20, 30)
        assert np.array_equal(copied.stylize(photo, photo), own.stylize(photo, photo))


def test_styles_of_equal_content_are_equal(
    stylizer: Stylizer, style: Style, other: Style, tmp_path: Path
) -> None:
    style.save(tmp_path / "mine.style")
    again = Style.load(tmp_path / "mine.style")
    assert again == style and hash(again) == hash(style) and again is not style
    assert style.named("another") == style and len({style, again, other}) == 2
    assert style != other and style != "style"
