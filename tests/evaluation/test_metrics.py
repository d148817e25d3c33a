"""The measures of an evaluation: each is right on pictures whose value is known."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from styler import Stylizer
from styler.errors import ParameterError
from styler.evaluation.choice import diagonals
from styler.evaluation.lattice import gradient, lattice
from styler.evaluation.metrics import (
    border_change,
    content_distance,
    frame_error,
    grid_energy,
    local_grid_energy,
    noise_gain,
    psnr,
    shift_error,
    ssim,
    style_distance,
)
from styler.evaluation.pairs import Evaluation, Measures, Pair, scores
from styler.network import Vgg, load_vgg
from tests.networks import write_vgg


def picture(seed: int, height: int = 64, width: int = 72) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def smooth(height: int = 128, width: int = 128) -> np.ndarray:
    y, x = np.mgrid[:height, :width] / 128
    waves = np.stack([np.sin(5 * x + y), np.cos(3 * y), x * y], 2)
    return np.uint8(127 + 100 * waves / np.abs(waves).max())


def same(pixels: np.ndarray) -> np.ndarray:
    return pixels


def test_psnr_of_equal_and_of_known_error() -> None:
    a = picture(0)
    assert psnr(a, a) == float("inf")
    flat = np.full((8, 8, 3), 100, np.uint8)
    assert psnr(flat, flat + np.uint8(10)) == pytest.approx(20 * np.log10(25.5))


def test_ssim_is_one_for_equal_and_near_zero_for_unrelated() -> None:
    assert ssim(picture(0), picture(0)) == pytest.approx(1)
    assert abs(ssim(picture(0), picture(1))) < 0.1


@pytest.mark.parametrize("period", [2, 4, 8])
def test_grid_energy_rises_with_a_grid(period: int) -> None:
    clean = smooth()
    gridded = clean.copy()
    gridded[::period] -= 5
    gridded[:, ::period] -= 5
    assert grid_energy(gridded) > 3 * grid_energy(clean)


def test_grid_energy_of_noise_is_near_one() -> None:
    assert grid_energy(picture(0, 256, 256)) == pytest.approx(1, abs=0.5)


def test_border_change_compares_the_frame_with_the_interior() -> None:
    photo = np.zeros((96, 96, 3), np.uint8)
    painted = np.full_like(photo, 10)
    assert border_change(photo, painted) == pytest.approx(1)
    painted[:16] = 20
    painted[-16:] = 20
    painted[:, :16] = 20
    painted[:, -16:] = 20
    assert border_change(photo, painted) == pytest.approx(2)
    assert border_change(photo, photo) is None


@pytest.mark.parametrize(("side", "margin"), [(64, 8), (96, 24), (200, 64)])
def test_frame_error_finds_what_a_border_does(side: int, margin: int) -> None:
    photo = picture(0, side, side)

    def framed(pixels: np.ndarray) -> np.ndarray:
        painted = pixels // 2 + 64
        painted[2:-2, 2:-2] -= 32
        return painted

    inner = side - 2 * margin
    expected = 32 * (inner**2 - (inner - 4) ** 2) / (inner**2 - (inner - 32) ** 2)
    assert frame_error(framed, photo, framed(photo)) == pytest.approx(expected)
    assert border_change(photo, framed(photo)) == pytest.approx(1, abs=0.1), "it hardly shows here"


def test_shift_frame_and_noise_of_the_identity() -> None:
    photo = smooth()
    assert shift_error(same, photo, photo) == frame_error(same, photo, photo) == 0
    assert noise_gain(same, photo, photo) == pytest.approx(1)
    assert noise_gain(lambda pixels: photo, photo, photo) == 0


def test_distances_against_the_formula() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 5, 6, 7))
    mean, target = a.mean((2, 3)), b.mean((2, 3))
    expected = ((mean - target) ** 2 + (a.std((2, 3)) - b.std((2, 3))) ** 2).mean()
    expected /= b.var((2, 3)).mean()
    statistics = [
        [(torch.from_numpy(x.mean((2, 3))), torch.from_numpy(x.var((2, 3))))] for x in (a, b)
    ]
    assert style_distance(*statistics) == pytest.approx(expected)
    white = [(x - x.mean((2, 3), keepdims=True)) / x.std((2, 3), keepdims=True) for x in (a, b)]
    distance = content_distance(torch.from_numpy(a), torch.from_numpy(b))
    assert distance == pytest.approx(((white[0] - white[1]) ** 2).mean(), rel=1e-4)


def spectrum(pixels: np.ndarray) -> np.ndarray:
    """Power of luma under a Hann window, the mean taken off; sides are multiples of 8."""
    luma = pixels @ [0.299, 0.587, 0.114]
    height, width = luma.shape
    y, x = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / (n - 1)) for n in (height, width))
    return np.abs(np.fft.fft2((luma - luma.mean()) * np.outer(y, x))) ** 2


@pytest.mark.parametrize("shape", [(64, 80), (96, 72)])
def test_grid_energy_against_the_definition(shape: tuple[int, int]) -> None:
    pixels = picture(4, *shape)
    power, ratios = spectrum(pixels), []
    for i in range(8):
        for j in range(5):
            near = np.roll(power, (8 - i * shape[0] // 8, 8 - j * shape[1] // 8), (0, 1))[:17, :17]
            ring = near[2:15, 2:15].copy()
            ring[4:9, 4:9] = np.nan
            ratios.append(near[8, 8] / np.nanmean(ring))
    assert grid_energy(pixels) == pytest.approx(np.mean(ratios[1:]), rel=1e-9)
    cut = np.pad(pixels, ((0, 3), (0, 5), (0, 0)))
    assert grid_energy(cut) == pytest.approx(grid_energy(pixels), rel=1e-9)


def textured(side: int = 256) -> np.ndarray:
    """A smooth picture under fine noise, as a photo is."""
    noise = np.random.default_rng(5).normal(0, 3, (side, side, 1))
    return np.uint8(np.clip(smooth(side, side) * 0.8 + 20 + noise, 0, 255))


def dots(period: int, side: int = 256) -> np.ndarray:
    """A dot in every cell, of deviation 1."""
    lattice = np.zeros((side, side, 1))
    lattice[::period, ::period] = 1
    return (lattice - lattice.mean()) / lattice.std()


@pytest.mark.parametrize("period", [2, 4, 8])
def test_local_grid_energy_sees_a_grid_that_comes_and_goes(period: int) -> None:
    clean = textured()
    own = local_grid_energy(clean)
    y, x = np.mgrid[:256, :256, :1][:2] / 64 * np.pi
    for strength in (1, np.sin(y) * np.sin(x)):
        gridded = np.uint8(np.rint(clean + 3 * strength * dots(period)))
        assert local_grid_energy(gridded) > 2 * own
    assert grid_energy(gridded) < 2 * grid_energy(clean), "its sign changes: no peak in the whole"


def test_local_grid_energy_is_near_one_without_a_grid() -> None:
    clean = textured()
    noisy = np.uint8(np.clip(clean + np.random.default_rng(1).normal(0, 9, clean.shape), 0, 255))
    blurred = np.uint8((clean.astype(int) + np.roll(clean, 1, 0)) / 2)
    strokes = clean.copy()
    for top, left, slope in np.random.default_rng(2).integers(2, 200, (400, 3)):
        along = np.arange(24)
        strokes[top + along * slope // 200, left + along] = 0.7 * clean[top, left]
    for pixels in (clean, noisy, blurred, strokes, picture(0, 256, 256)):
        assert local_grid_energy(pixels) == pytest.approx(1, abs=0.2)


class Reference:
    """The distances written out once more, in float64: a chain of plain convolutions."""

    def __init__(self, file: Path) -> None:
        self.weights = {name: tensor.double() for name, tensor in load_file(file).items()}

    def maps(self, pixels: np.ndarray) -> list[np.ndarray]:
        mean = torch.tensor([122.67892, 116.66877, 104.00699], dtype=torch.float64)
        x = (torch.from_numpy(pixels).double() - mean).permute(2, 0, 1)[None]
        maps = []
        for name in ("conv1_1", "conv2_1", "conv3_1", "conv4_1"):
            if maps:
                x = F.max_pool2d(x, 2)
            x = F.pad(x, (1, 1, 1, 1), mode="reflect")
            x = F.conv2d(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]).relu()
            maps.append(x[0].flatten(1).numpy())
        return maps

    def style(self, output: np.ndarray, painting: np.ndarray) -> float:
        pairs = zip(self.maps(output), self.maps(painting), strict=True)
        total = [
            np.mean((a.mean(1) - b.mean(1)) ** 2 + (a.std(1) - b.std(1)) ** 2) / b.var(1).mean()
            for a, b in pairs
        ]
        return float(np.mean(total))

    def content(self, output: np.ndarray, photo: np.ndarray) -> float:
        a, b = (
            (m - m.mean(1, keepdims=True)) / np.sqrt(m.var(1, keepdims=True) + 1e-5)
            for m in (self.maps(output)[-1], self.maps(photo)[-1])
        )
        return float(np.mean((a - b) ** 2))

    def ssim(self, output: np.ndarray, photo: np.ndarray) -> float:
        bell = np.exp(-((np.arange(11) - 5) ** 2) / 4.5)
        weights = np.outer(bell, bell) / bell.sum() ** 2
        a, b = (
            np.lib.stride_tricks.sliding_window_view(p @ [0.299, 0.587, 0.114] / 255, (11, 11))
            for p in (output, photo)
        )

        def mean(window: np.ndarray) -> np.ndarray:
            return (window * weights).sum((2, 3))

        ma, mb = mean(a), mean(b)
        va, vb, both = mean(a * a) - ma**2, mean(b * b) - mb**2, mean(a * b) - ma * mb
        likeness = (2 * ma * mb + 0.0001) / (ma**2 + mb**2 + 0.0001)
        return float(np.mean(likeness * (2 * both + 0.0009) / (va + vb + 0.0009)))


@pytest.fixture(scope="module")
def loss_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vgg(tmp_path_factory.mktemp("vgg") / "vgg.safetensors")


@pytest.fixture(scope="module")
def judge(loss_network: Path) -> Vgg:
    return load_vgg(loss_network)


def test_distances_of_pictures_against_the_formulas(loss_network: Path, judge: Vgg) -> None:
    reference = Reference(loss_network)
    photos, paintings = {"a": smooth(72, 64), "b": picture(0)}, {"c": picture(1), "d": smooth()}
    painted = {
        pair: np.uint8(0.6 * paintings[pair[1]][:64, :64].mean((0, 1)) + 0.4 * photos[pair[0]])
        for pair in diagonals("ab", "cd")
    }
    evaluation = Evaluation(photos, paintings, judge)
    found = list(evaluation.of_pictures(lambda *pair: painted[pair]))
    assert [(pair.photo, pair.painting) for pair, _ in found] == [
        *map(tuple, ("ac", "ad", "bc", "bd"))
    ]
    for pair, output in found:
        photo, painting = photos[pair.photo], paintings[pair.painting]
        assert output is painted[pair.photo, pair.painting] and pair.strength is None
        assert pair.measures == replace(
            pair.measures,
            style=pytest.approx(reference.style(output, painting), rel=1e-4),
            content=pytest.approx(reference.content(output, photo), rel=1e-3),
            ssim=pytest.approx(reference.ssim(output, photo), rel=1e-6),
            grid=grid_energy(output) / grid_energy(photo),
            local_grid=local_grid_energy(output) / local_grid_energy(photo),
            border=border_change(photo, output),
            identity=None,
            frame=None,
            shift=None,
            noise=None,
            lattice=None,
            lattice_16=None,
            milliseconds=None,
        )


def test_every_pair_is_measured_at_every_strength(judge: Vgg) -> None:
    evaluation = Evaluation({"photo": smooth(64, 80)}, {"x": picture(2), "y": picture(3)}, judge)
    found = [pair for pair, _ in evaluation.of_model(Stylizer(threads=1), (0.0, 1.0))]
    assert [(one.painting, one.strength) for one in found] == [
        ("x", 0.0), ("x", 1.0), ("y", 0.0), ("y", 1.0),
    ]  # fmt: skip
    none, full = scores(found)
    assert (none.strength, none.pairs, full.strength, full.pairs) == (0, 2, 1, 2)
    assert (none.means.content, none.means.shift, none.means.border) == (0, 0, None)
    assert none.means.ssim == none.means.grid == none.means.noise == pytest.approx(1)
    assert none.means.identity == full.means.identity
    assert full.means.content > 0 and full.means.style < none.means.style
    known = {name: value for name, value in asdict(full.means).items() if name != "flat"}
    assert all(np.isfinite(value) for value in known.values()), "flat: no part of it is"


def test_measures_of_a_model_are_those_of_its_paintings(judge: Vgg) -> None:
    stylizer = Stylizer(threads=1)
    photo, painting = smooth(64, 80), picture(2)
    evaluation = Evaluation({"photo": photo}, {"painting": painting}, judge)
    ((pair, painted),) = evaluation.of_model(stylizer, [0.7])

    def paint(pixels: np.ndarray) -> np.ndarray:
        return stylizer.stylize(pixels, stylizer.style(painting), strength=0.7)

    np.testing.assert_array_equal(painted, paint(photo))
    ((seen, _),) = evaluation.of_pictures(lambda *_: painted)
    own = stylizer.stylize(photo, stylizer.style(photo))
    assert pair.measures == replace(
        seen.measures,
        identity=psnr(own, photo),
        frame=frame_error(paint, photo, painted),
        shift=shift_error(paint, photo, painted),
        noise=noise_gain(paint, photo, painted),
        lattice=lattice(paint(gradient(np.uint8))),
        lattice_16=lattice(paint(gradient(np.uint16))),
        milliseconds=pair.measures.milliseconds,
    )


def test_scores_are_means_of_what_is_known() -> None:
    first = Measures(1.0, 2.0, 3.0, grid=5.0, shift=7.0, milliseconds=1.0)
    rest = [replace(first, style=2.0, border=4.0, milliseconds=ms) for ms in (2.0, 99.0)]
    (row,) = scores(Pair("a", "b", 1.0, one) for one in (first, *rest))
    assert row.pairs == 3
    assert row.means == replace(first, style=5 / 3, border=4.0, milliseconds=2.0)
    waves = [replace(first, lattice=a, lattice_16=b) for a, b in ((0.1, 0.0), (0.7, 0.2))]
    (row,) = scores(Pair("a", "b", 1.0, one) for one in waves)
    assert (row.means.lattice, row.means.lattice_16) == (0.7, 0.2), "the largest, not the mean"


def test_fingerprint_is_of_all_that_figures_depend_on(judge: Vgg) -> None:
    photos, paintings = {"a": picture(0)}, {"b": picture(1), "c": picture(2)}
    made = [
        Evaluation(photos, paintings, judge),
        Evaluation(photos, paintings, Vgg((1, 1, 1, 1))),
        Evaluation(photos, paintings, judge, [("a", "b")]),
        Evaluation({"a": picture(3)}, paintings, judge),
    ]
    assert len({evaluation.fingerprint for evaluation in made}) == 4
    assert Evaluation({"a": picture(0)}, paintings, judge).fingerprint == made[0].fingerprint


def test_pictures_that_cannot_be_measured(judge: Vgg) -> None:
    with pytest.raises(ParameterError, match=r"small: 70x63 .* at least 64x64"):
        Evaluation({"small": picture(0, 63, 70)}, {}, judge)
    with pytest.raises(ParameterError, match="red: is of one colour"):
        Evaluation({}, {"red": np.full((64, 64, 3), (200, 0, 0), np.uint8)}, judge)
    evaluation = Evaluation({"photo": picture(0)}, {"painting": picture(1)}, judge)
    with pytest.raises(ParameterError, match="photo as painting is 80x64, the photo 72x64"):
        list(evaluation.of_pictures(lambda *_: picture(2, 64, 80)))


def test_a_picture_of_one_colour_has_no_grid(judge: Vgg) -> None:
    plain = np.full((64, 64, 3), 90, np.uint8)
    ((pair, _),) = Evaluation({"a": plain}, {"b": picture(0)}, judge).of_pictures(
        lambda *_: picture(1, 64, 64)
    )
    assert grid_energy(plain) == local_grid_energy(plain) == 0
    assert pair.measures.grid is pair.measures.local_grid is None
