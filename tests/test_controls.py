"""The controls, exact where they must be: masks, `only`, colours kept, sizes, typed errors."""

import io
import typing
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

import styler
from styler import Picture, Style, Stylizer, imaging
from styler.controls import KEEP_AMOUNT, STRENGTH, STYLE_SIZE, Controls, KeepColours, Size
from styler.errors import ImageError, ParameterError, TooLargeError
from styler.imaging import COLOUR_METHODS
from tests.networks import picture

PHOTO = picture(44, 68)
HEIGHT, WIDTH = PHOTO.shape[:2]
METHODS: tuple[KeepColours, ...] = typing.get_args(KeepColours)


@pytest.fixture(scope="module")
def stylizer() -> Stylizer:
    return Stylizer(threads=1)


@pytest.fixture(scope="module")
def style(stylizer: Stylizer) -> Style:
    return stylizer.style(picture(50, 61, seed=5) // 2 + np.array([80, 0, 40], np.uint8))


@pytest.fixture(scope="module")
def other(stylizer: Stylizer) -> Style:
    return stylizer.style(picture(64, 40, seed=6) // 3)


def halves(soft: bool = False, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """A mask that is white at the left, black at the right, with a ramp between if soft."""
    row = np.clip((np.arange(width) - width / 2) / (0.6 * width) + 0.5, 0, 1) if soft else None
    hard = np.arange(width) >= width // 2
    values = 255 - np.rint(255 * (hard if row is None else row)).astype(np.uint8)
    return np.repeat(values[None], height, 0)


def distance(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    return float(np.abs(a.astype(float) - b).mean())


class TestMasks:
    def test_all_ones_is_no_mask(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        white = np.full((5, 9), 255, np.uint8)
        for styles in (style, [(style, 0.3), (other, 0.9)]):
            count = 1 if isinstance(styles, Style) else 2
            for strength in (0.6, 1.0):
                plain = stylizer.stylize(PHOTO, styles, strength=strength)
                masked = stylizer.stylize(PHOTO, styles, strength=strength, masks=[white] * count)
                only = stylizer.stylize(PHOTO, styles, strength=strength, only=white)
                assert np.array_equal(masked, plain)
                assert np.array_equal(only, plain)

    @pytest.mark.parametrize("soft", [False, True])
    @pytest.mark.parametrize("strength", [0.7, 1.0])
    @pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (13, 31), (120, 90)])
    def test_two_complementary_masks_with_one_style_are_that_style(
        self,
        stylizer: Stylizer,
        style: Style,
        soft: bool,
        strength: float,
        size: tuple[int, int],
    ) -> None:
        left = halves(soft, *size)
        masks = [left, 255 - left]
        again = replace(style, name="the same")
        painted = stylizer.stylize(PHOTO, [style, again], strength=strength, masks=masks)
        assert np.array_equal(painted, stylizer.stylize(PHOTO, style, strength=strength))

    def test_each_style_goes_where_its_mask_is(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        left = halves()
        painted = stylizer.stylize(PHOTO, [style, other], masks=[left, 255 - left])
        first, second = (stylizer.stylize(PHOTO, s) for s in (style, other))
        far = {"left": np.s_[:, :20], "right": np.s_[:, -20:]}
        assert distance(painted[far["left"]], first[far["left"]]) < distance(
            painted[far["left"]], second[far["left"]]
        )
        assert distance(painted[far["right"]], second[far["right"]]) < distance(
            painted[far["right"]], first[far["right"]]
        )
        swapped = stylizer.stylize(PHOTO, [other, style], masks=[255 - left, left])
        assert np.abs(painted.astype(int) - swapped).max() <= 1

    def test_a_region_is_normalized_by_itself(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        """What is far away in another region changes nothing, but for what reaches across."""
        left = halves()
        changed = PHOTO.copy()
        changed[:, -8:] = 255 - changed[:, -8:] // 2
        far = np.s_[:, :12]
        masks = [left, 255 - left]
        apart = [stylizer.stylize(p, [style, other], masks=masks)[far] for p in (PHOTO, changed)]
        together = [stylizer.stylize(p, style)[far] for p in (PHOTO, changed)]
        assert distance(*apart) < 0.5 * distance(*together)

    def test_weights_are_ratios_where_masks_meet(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        grey = np.full((3, 3), 128, np.uint8)
        expected = stylizer.stylize(PHOTO, [(style, 3), (other, 1)])
        painted = stylizer.stylize(PHOTO, [(style, 3), (other, 1)], masks=[grey, grey])
        assert distance(painted, expected) < 0.1
        weighed = stylizer.stylize(PHOTO, [(style, 1), (other, 1)], masks=[grey, grey // 4])
        assert distance(weighed, expected) > 1  # what is not covered is photo

    @pytest.mark.parametrize("soft", [False, True])
    def test_what_no_mask_covers_is_the_photo(
        self, stylizer: Stylizer, style: Style, soft: bool
    ) -> None:
        mask = halves(soft)
        painted = stylizer.stylize(PHOTO, style, masks=[mask])
        assert np.array_equal(painted[mask == 0], PHOTO[mask == 0])
        assert distance(painted[mask == 255], PHOTO[mask == 255]) > 5
        assert np.array_equal(painted, stylizer.stylize(PHOTO, style, only=mask))
        black = np.zeros((2, 2), np.uint8)
        assert np.array_equal(stylizer.stylize(PHOTO, style, masks=[black]), PHOTO)
        assert np.array_equal(stylizer.stylize(PHOTO, style, only=black), PHOTO)

    def test_a_style_of_weight_zero_or_without_a_place_does_not_take_part(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        mask, white, black = halves(), np.ones((2, 2), bool), np.zeros((2, 2), bool)
        expected = stylizer.stylize(PHOTO, style, masks=[mask])
        for weight, place in ((0, white), (0, 255 - mask), (1, black)):
            painted = stylizer.stylize(PHOTO, [(style, 1), (other, weight)], masks=[mask, place])
            assert np.array_equal(painted, expected)

    def test_next_to_nothing_is_nothing(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        for most in (1e-30, 1.5e-4):
            faint = np.full((HEIGHT, WIDTH), most, np.float32)
            faint[0, 0] = 0
            painted = stylizer.stylize(PHOTO, [style, other], masks=[faint, faint])
            assert np.array_equal(painted, PHOTO)

    def test_many_thin_regions(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        rows = np.arange(HEIGHT)[:, None] + np.zeros((1, WIDTH), int)
        masks = [rows % 5 == n for n in range(5)]
        parts = [style, other, style, other, style]
        painted = stylizer.stylize(PHOTO, parts, masks=masks)
        assert painted.shape == PHOTO.shape
        assert np.array_equal(painted, stylizer.stylize(PHOTO, parts, masks=masks))

    def test_masks_come_as_anything_grey(
        self, stylizer: Stylizer, style: Style, tmp_path: Path
    ) -> None:
        values = halves(soft=True)
        expected = stylizer.stylize(PHOTO, style, masks=[values])
        Image.fromarray(values).save(tmp_path / "mask.png")
        for given_ in (
            tmp_path / "mask.png",
            str(tmp_path / "mask.png"),
            (tmp_path / "mask.png").read_bytes(),
            Image.fromarray(values),
            Picture(np.repeat(values[..., None], 3, 2)),
            np.repeat(values[..., None], 3, 2),
            values.astype(np.uint16) * np.uint16(257),
            values / 255,
            (values / 255).astype(np.float32),
        ):
            painted = stylizer.stylize(PHOTO, style, masks=[given_])
            assert np.abs(painted.astype(int) - expected).max() <= 1
        boolean = stylizer.stylize(PHOTO, style, masks=[halves() > 0])
        assert np.array_equal(boolean, stylizer.stylize(PHOTO, style, masks=[halves()]))

    def test_tiny_pictures(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        for size in ((1, 1), (1, 2), (3, 30)):
            photo, left = picture(*size), halves(height=size[0], width=size[1])
            painted = stylizer.stylize(photo, [style, other], masks=[left, 255 - left])
            assert painted.shape == photo.shape


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 40), st.integers(1, 40))
def test_any_masks_give_the_photo_where_black_and_the_same_bytes_twice(
    seed: int, count: int, height: int, width: int
) -> None:
    random = np.random.default_rng(seed)
    photo = picture(height, width, seed=seed % 7)
    masks = [
        np.where(random.random((height, width)) < 0.5, 0, random.random((height, width)))
        for _ in range(count)
    ]
    weights = random.random(count)
    stylizer, made = _shared()
    styles = list(zip(made[:count], weights, strict=True))
    painted = stylizer.stylize(photo, styles, masks=masks)
    bare = np.sum(masks, 0) == 0
    assert np.array_equal(painted[bare], photo[bare])
    assert np.array_equal(painted, stylizer.stylize(photo, styles, masks=masks))


def _shared(made: list[Any] = []) -> tuple[Stylizer, list[Style]]:  # noqa: B006 - made once
    if not made:
        stylizer = Stylizer(threads=1)
        made += [stylizer, [stylizer.style(picture(40, 40, seed=n) // (n + 1)) for n in range(3)]]
    return made[0], made[1]


class TestOnly:
    def test_what_lies_outside_does_not_count(self, stylizer: Stylizer, style: Style) -> None:
        """It reaches the painted part through the network's field of view alone."""
        mask = halves()
        changed = PHOTO.copy()
        changed[:, -8:] = 255 - changed[:, -8:] // 2
        far = np.s_[:, :12]
        both = (PHOTO, changed)  # smaller than a stroke: these would see what is beside the mask
        first, second = (stylizer.stylize(p, style, only=mask, brushwork=0) for p in both)
        assert np.array_equal(second[mask == 0], changed[mask == 0])
        plain = [stylizer.stylize(p, style, brushwork=0)[far] for p in both]
        assert distance(first[far], second[far]) < 0.5 * distance(*plain)

    def test_with_masks_both_must_agree(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        left, top = halves(), np.repeat(np.arange(HEIGHT)[:, None] < 20, WIDTH, 1)
        painted = stylizer.stylize(PHOTO, [style, other], masks=[left, 255 - left], only=top)
        assert np.array_equal(painted[20:], PHOTO[20:])
        assert distance(painted[:20], PHOTO[:20]) > 5
        expected = stylizer.stylize(PHOTO, style, only=(left > 0) & top)
        got = stylizer.stylize(PHOTO, style, masks=[left], only=top)
        assert np.array_equal(got, expected)

    def test_sixteen_bits(self, stylizer: Stylizer, style: Style) -> None:
        photo = PHOTO.astype(np.uint16) * 257 + 3
        mask = halves(soft=True)
        painted = stylizer.stylize(Picture(photo), style, only=mask)
        assert np.array_equal(painted.rgb[mask == 0], photo[mask == 0])


class TestTransparency:
    ALPHA = np.where(np.arange(WIDTH) < 40, 255, 0).astype(np.uint8) + np.zeros(
        (HEIGHT, 1), np.uint8
    )

    def controls(self, stylizer: Stylizer, style: Style, other: Style) -> list[dict[str, Any]]:
        mask = halves(soft=True)
        two = {"style": [style, other], "masks": [mask, 255 - mask]}
        kept = [{"style": style, "keep_colours": method} for method in METHODS]
        return [two, {**two, "strength": 0.6}, {"style": style, "only": mask}, *kept]

    def test_hidden_noise_is_hidden_black(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        noise, black = PHOTO.copy(), PHOTO.copy()
        noise[:, 40:] = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH - 40, 3))
        black[:, 40:] = 0
        for controls in self.controls(stylizer, style, other):
            first, second = (
                stylizer.stylize(Picture(p, self.ALPHA), **controls) for p in (noise, black)
            )
            assert np.array_equal(first.rgb[:, :40], second.rgb[:, :40])
            assert np.array_equal(first.rgb[:, 40:], noise[:, 40:])
            assert first.alpha is not None
            assert np.array_equal(first.alpha, self.ALPHA)

    def test_opaque_alpha_is_no_alpha(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        opaque = Picture(PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8))
        for controls in self.controls(stylizer, style, other):
            painted = stylizer.stylize(opaque, **controls)
            assert np.array_equal(painted.rgb, stylizer.stylize(PHOTO, **controls))

    def test_a_mask_of_hidden_pixels_alone(
        self, stylizer: Stylizer, style: Style, other: Style
    ) -> None:
        photo = Picture(PHOTO, self.ALPHA)
        hidden = self.ALPHA == 0
        assert np.array_equal(stylizer.stylize(photo, style, only=hidden).rgb, PHOTO)
        expected = stylizer.stylize(photo, style)
        painted = stylizer.stylize(photo, [style, other], masks=[~hidden, hidden])
        assert np.array_equal(painted.rgb, expected.rgb)
        assert np.array_equal(stylizer.stylize(photo, style, only=~hidden).rgb, expected.rgb)


class TestKeepColours:
    def test_the_methods_are_those_of_imaging(self) -> None:
        assert set(COLOUR_METHODS) == set(METHODS)

    @pytest.mark.parametrize("method", METHODS)
    def test_amount_goes_from_nothing_to_all(
        self, stylizer: Stylizer, style: Style, method: KeepColours
    ) -> None:
        plain = stylizer.stylize(PHOTO, style)
        none = stylizer.stylize(PHOTO, style, keep_colours=method, keep_amount=0)
        half = stylizer.stylize(PHOTO, style, keep_colours=method, keep_amount=0.5)
        full = stylizer.stylize(PHOTO, style, keep_colours=method)
        assert np.array_equal(none, plain)
        assert 0 < distance(half, plain) < distance(full, plain)

    def test_keeps_what_it_says(self, stylizer: Stylizer, style: Style) -> None:
        plain, coral, histogram, luminance = (
            stylizer.stylize(PHOTO, style, keep_colours=m).astype(float)
            for m in (None, "coral", "histogram", "luminance")
        )
        photo = PHOTO.astype(float)
        assert np.abs(plain.mean((0, 1)) - photo.mean((0, 1))).max() > 5
        assert np.abs(coral.mean((0, 1)) - photo.mean((0, 1))).max() < 5  # clipped to the range
        steps = np.linspace(0.05, 0.95, 10)
        wanted = np.quantile(photo, steps, axis=(0, 1))
        assert np.abs(np.quantile(histogram, steps, axis=(0, 1)) - wanted).max() < 2
        inside = ((luminance > 0) & (luminance < 255)).all(2)
        change = luminance - photo
        assert np.ptp(change, axis=2)[inside].max() <= 1

    def test_only_counts_what_it_paints(self, stylizer: Stylizer, style: Style) -> None:
        """What lies out of the mask is seen near its edge alone: no palette, no statistics."""
        photo, mask = picture(44, 480), halves(width=480)
        changed = photo.copy()
        changed[:, -40:] = 0
        first, second = (
            stylizer.stylize(p, style, only=mask, keep_colours="histogram")
            for p in (photo, changed)
        )
        assert distance(first[mask == 255], second[mask == 255]) < 3
        assert np.array_equal(second[mask == 0], changed[mask == 0])


class TestVividness:
    def test_no_saturation_is_grey_and_more_is_more_colourful(
        self, stylizer: Stylizer, style: Style
    ) -> None:
        grey, some, more = (
            stylizer.stylize(PHOTO, style, saturation=s).astype(int) for s in (0, 0.5, 1)
        )
        assert np.ptp(grey, axis=2).max() <= 1
        assert 0 < np.ptp(some, axis=2).mean() < np.ptp(more, axis=2).mean()

    def test_contrast_parts_lights_and_darks(self, stylizer: Stylizer, style: Style) -> None:
        flat, some, more = (
            stylizer.stylize(PHOTO, style, contrast=c, saturation=0).std() for c in (0, 0.5, 1)
        )
        assert flat < 0.5 * some < 0.5 * more

    @pytest.mark.parametrize("name", ["contrast", "saturation"])
    def test_fades_with_strength(self, stylizer: Stylizer, style: Style, name: str) -> None:
        faint, full = (
            distance(*(stylizer.stylize(PHOTO, style, strength=s, **{name: v}) for v in (1, 1.5)))
            for s in (0.1, 1)
        )
        assert faint < 0.5 * full


class TestSize:
    @pytest.mark.parametrize(
        ("size", "expected"),
        [(34, (22, 34)), ("34", (22, 34)), ("0.000748mp", (22, 34)), (9999, (HEIGHT, WIDTH))],
    )
    def test_shrinks_and_never_grows(
        self, stylizer: Stylizer, style: Style, size: int | str, expected: tuple[int, int]
    ) -> None:
        painted = stylizer.stylize(PHOTO, style, size=size)
        assert painted.shape[:2] == expected
        small = imaging.resize(PHOTO, size=expected[::-1])
        assert np.array_equal(painted, stylizer.stylize(small, style))
        assert np.array_equal(stylizer.stylize(PHOTO, style, size=size, strength=0), small)

    def test_masks_follow(self, stylizer: Stylizer, style: Style) -> None:
        rgba = Picture(PHOTO, halves())
        painted = stylizer.stylize(rgba, style, size=34, only=halves())
        assert painted.alpha is not None and painted.alpha.shape == (22, 34)

    def test_style_size_is_that_of_the_paintings(self, stylizer: Stylizer) -> None:
        painting = picture(90, 70, seed=3)
        painted = stylizer.stylize(PHOTO, painting, style_size=32)
        assert np.array_equal(painted, stylizer.stylize(PHOTO, stylizer.style(painting, size=32)))
        assert not np.array_equal(painted, stylizer.stylize(PHOTO, painting))

    @pytest.mark.parametrize(
        "size", ["", "huge", "-3", 0, "nanMP", "infMP", "0MP", 10**400, "9" * 9999, "1e3", 1.5]
    )
    def test_refuses_what_is_no_size(self, stylizer: Stylizer, style: Style, size: Any) -> None:
        with pytest.raises(ParameterError, match="size") as caught:
            stylizer.stylize(PHOTO, style, size=size)
        assert len(str(caught.value)) < 200


class TestPillow:
    @pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "LA", "CMYK"])
    def test_in_and_out(self, stylizer: Stylizer, style: Style, mode: str) -> None:
        """Alpha stays even where all is opaque: the mode does not depend on the pixels."""
        image = Image.fromarray(PHOTO).convert(mode)
        painted = stylizer.stylize(image, style)
        assert isinstance(painted, Image.Image)
        assert painted.mode == ("RGBA" if mode.endswith("A") else "RGB")
        expected = stylizer.stylize(np.array(image.convert("RGB")), style)
        assert np.array_equal(np.array(painted.convert("RGB")), expected)

    def test_keeps_transparency(self, stylizer: Stylizer, style: Style) -> None:
        image = Image.fromarray(PHOTO)
        image.putalpha(Image.fromarray(halves()))
        painted = stylizer.stylize(image, style)
        assert painted.mode == "RGBA"
        assert np.array_equal(np.array(painted)[..., 3], halves())


class TestEngines:
    def test_agree_with_masks(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        torch = Stylizer(engine="torch", threads=1)
        left = halves(soft=True)
        for controls in (
            {"masks": [left, 255 - left]},
            {"masks": [left, left[:, ::-1]], "strength": 0.6, "keep_colours": "coral"},
            {"masks": [halves(), 255 - halves()], "only": left.T, "strength": 1.3},
        ):
            first, second = (
                s.stylize(PHOTO, [(style, 1), (other, 0.7)], **controls)  # type: ignore[call-overload]
                for s in (stylizer, torch)
            )
            assert np.abs(first.astype(int) - second).max() <= 1

    def test_threads_change_nothing(self, stylizer: Stylizer, style: Style, other: Style) -> None:
        left = halves(soft=True)
        controls: dict[str, Any] = {"masks": [left, 255 - left], "keep_colours": "histogram"}
        expected = stylizer.stylize(PHOTO, [style, other], **controls)
        painted = Stylizer(threads=2).stylize(PHOTO, [style, other], **controls)
        assert np.array_equal(painted, expected)


def png(array: NDArray[Any]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


class TestErrors:
    @pytest.mark.parametrize(
        ("masks", "error", "names"),
        [
            ([], ParameterError, "masks: 0 for 1 styles"),
            ([halves(), halves()], ParameterError, "masks: 2 for 1 styles"),
            ("mask.png", ParameterError, "masks must be a list"),
            (halves(), ParameterError, "masks must be a list"),
            ([b"no picture"], ImageError, "mask 1"),
            ([b""], ImageError, "mask 1: the file is empty"),
            ([png(halves())[:60]], ImageError, "mask 1"),
            (["missing.png"], ImageError, "missing.png"),
            ([np.zeros((0, 4), np.uint8)], ParameterError, "mask 1"),
            ([np.zeros((4, 0, 3), np.uint8)], ParameterError, "give uint8"),
            ([np.zeros(4)], ParameterError, "mask 1"),
            ([np.full((3, 3), np.nan)], ParameterError, "mask 1"),
            ([np.full((3, 3), 2.0)], ParameterError, "mask 1"),
            ([np.full((3, 3), -1)], ParameterError, "mask 1"),
            ([np.array([["a"]])], ParameterError, "mask 1"),
        ],
    )
    def test_masks(
        self, stylizer: Stylizer, style: Style, masks: Any, error: type[Exception], names: str
    ) -> None:
        with pytest.raises(error) as caught:
            stylizer.stylize(PHOTO, style, masks=masks)
        assert names in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_huge_mask_is_refused_by_its_header(self, stylizer: Stylizer, style: Style) -> None:
        data = bytearray(png(halves()))
        data[16:24] = (60_000).to_bytes(4, "big") * 2
        data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
        with pytest.raises(TooLargeError, match="only: 60000x60000"):
            stylizer.stylize(PHOTO, style, only=bytes(data))

    @pytest.mark.parametrize("weights", [(float("nan"), 1), (0, 0), (-1, 2), (float("inf"), 1)])
    def test_weights(
        self, stylizer: Stylizer, style: Style, other: Style, weights: tuple[float, float]
    ) -> None:
        pairs = list(zip((style, other), weights, strict=True))
        with pytest.raises(ParameterError, match="style weights"):
            stylizer.stylize(PHOTO, pairs, masks=[halves(), 255 - halves()])

    @pytest.mark.parametrize(
        ("controls", "names"),
        [
            ({"strength": float("nan")}, "strength must be from 0 to 1.5"),
            ({"strength": "much"}, "strength must be from 0 to 1.5"),
            ({"style_size": 15}, "style_size must be from 16 to 4096"),
            ({"style_size": None}, "style_size"),
            ({"keep_amount": 1.01}, "keep_amount must be from 0 to 1"),
            ({"keep_amount": float("nan")}, "keep_amount"),
            ({"keep_amount": 0.5}, "keep_amount has no effect without keep_colours; give both"),
            ({"keep_colors": "sepia"}, "keep_colours must be one of"),
            ({"keep_colors": "coral", "keep_colours": "luminance"}, "are the same; give one"),
            ({"keep_colours": "sepia"}, "keep_colours must be one of luminance, coral, histogram"),
        ],
    )
    def test_values(
        self, stylizer: Stylizer, style: Style, controls: dict[str, Any], names: str
    ) -> None:
        with pytest.raises(ParameterError) as caught:
            stylizer.stylize(PHOTO, style, **controls)
        assert names in str(caught.value)


def test_defaults_are_those_of_the_definitions() -> None:
    controls = Controls()
    assert controls.strength == STRENGTH.default == 1
    assert controls.style_size == STYLE_SIZE.default == 512
    assert controls.keep_amount == KEEP_AMOUNT.default == 1
    assert controls.size is controls.keep_colours is None
    keywords = Stylizer.stylize.__kwdefaults__
    assert {name: keywords[name] for name in vars(controls)} == vars(controls)
    assert Size.of("2MP") == Size(megapixels=2) and Size.of(Size(5)) == Size(5)


def test_one_liner_takes_them_all(stylizer: Stylizer, style: Style) -> None:
    controls: dict[str, Any] = {
        "strength": 0.8, "size": 40, "keep_colours": "coral", "keep_amount": 0.5,
        "only": halves(), "masks": [halves(soft=True)],
    }  # fmt: skip
    painted = styler.stylize(PHOTO, style, **controls)
    assert np.array_equal(painted, stylizer.stylize(PHOTO, style, **controls))


def test_colors_are_colours(stylizer: Stylizer, style: Style) -> None:
    assert Controls(keep_colors="coral") == Controls(keep_colours="coral")
    assert replace(Controls(keep_colors="coral"), size=9).keep_colours == "coral"
    painted = stylizer.stylize(PHOTO, style, keep_colors="coral", keep_amount=0.5)
    expected = stylizer.stylize(PHOTO, style, keep_colours="coral", keep_amount=0.5)
    assert np.array_equal(painted, expected)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int64, np.float64])
def test_of_0_and_1_alone_1_is_white(stylizer: Stylizer, style: Style, dtype: type) -> None:
    labels = halves() > 0
    expected = stylizer.stylize(PHOTO, style, only=halves())
    assert np.array_equal(stylizer.stylize(PHOTO, style, only=labels.astype(dtype)), expected)
    assert not np.array_equal(expected, PHOTO)
