"""Masks, kept colours and sizes on the command line, in files and in the environment."""

import json
import os
from pathlib import Path

import click
import numpy as np
import pytest
from PIL import Image

from styler import Stylizer, preset
from styler.cli.app import app
from styler.cli.commands.serve import serve
from styler.controls import KEEP_AMOUNT, STRENGTH, STYLE_SIZE
from tests.cli.conftest import Call
from tests.cli.pictures import read, save


@pytest.fixture
def masks(tmp_path: Path) -> tuple[Path, Path]:
    """``left.png`` and ``right.png``: the photo's halves, with a ramp between."""
    ramp = np.clip(np.linspace(-300, 555, 48), 0, 255).astype(np.uint8)[None].repeat(10, 0)
    Image.fromarray(255 - ramp).save(tmp_path / "left.png")
    Image.fromarray(ramp).save(tmp_path / "right.png")
    return Path("left.png"), Path("right.png")


def paint(call: Call, *arguments: object, output: str = "out.png") -> np.ndarray:
    done = call("stylize", "photo.jpg", "-o", output, "--force", *arguments)
    assert done.code == 0, done.err
    return read(output)


TWO = ("--style", "night", "--mask", "left.png", "--style", "dawn=0.5", "--mask", "right.png")


class TestMasks:
    def test_each_style_goes_where_its_mask_is(
        self, call: Call, stylizer: Stylizer, photo: Path, masks: tuple[Path, Path]
    ) -> None:
        styles = [(preset("night"), 1.0), (preset("dawn"), 0.5)]
        expected = stylizer.stylize(photo, styles, masks=masks)
        np.testing.assert_array_equal(paint(call, *TWO), expected)

    def test_only(
        self, call: Call, stylizer: Stylizer, photo: Path, masks: tuple[Path, Path]
    ) -> None:
        painted = paint(call, "--style", "night", "--only", "left.png")
        np.testing.assert_array_equal(painted, stylizer.stylize(photo, "night", only=masks[0]))
        np.testing.assert_array_equal(painted[:, -8:], read(photo)[:, -8:])
        assert not np.array_equal(painted[:, :8], read(photo)[:, :8])

    def test_a_folder_is_painted_anew_when_a_mask_changes(
        self, call: Call, masks: tuple[Path, Path]
    ) -> None:
        save(Path("in/a.png")), save(Path("in/b.png"), 30, 40)
        command = ("stylize", "in", "-o", "out", *TWO)
        assert call(*command).code == 0
        done = call(*command, "--json")
        assert [json.loads(line)["status"] for line in done.out.splitlines()] == ["skipped"] * 2
        save(masks[0], 9, 9)
        refused = call(*command)
        assert refused.code == 2 and "not painted with these settings" in refused.err

    def test_estimates_with_masks(self, call: Call, photo: Path, masks: tuple[Path, Path]) -> None:
        done = call("stylize", photo, *TWO, "--size", 24, "--dry-run", "--json")
        assert done.code == 0, done.err
        assert json.loads(done.out)["width"] == 24

    @pytest.mark.parametrize(
        ("arguments", "names"),
        [
            (["--mask", "missing.png"], ["missing.png"]),
            (["--mask", "left.png", "--mask", "right.png"], ["2 for 1 styles"]),
            (["--mask", "text.png"], ["text.png", "use one of"]),
            (["--mask", "empty.png"], ["empty.png", "empty"]),
            (["--only", "text.png"], ["text.png", "use one of"]),
            (["--only", "."], ["--only"]),
            (["--only", "left.png", "--max-pixels", "100"], ["left.png", "over the limit"]),
            (["--keep-colours", "sepia"], ["--keep-colours", "luminance", "coral", "histogram"]),
            (["--keep-amount", "1.5"], ["--keep-amount"]),
            (["--keep-amount", "nan"], ["keep_amount"]),
            (["--strength", "nan"], ["strength"]),
            (["--style-size", "15"], ["--style-size", "16"]),
            (["--style-size", "5000"], ["--style-size", "4096"]),
            (["--style", "dawn=nan"], ["weight"]),
        ],
    )
    def test_mistakes_take_one_line(
        self,
        call: Call,
        photo: Path,
        masks: tuple[Path, Path],
        arguments: list[str],
        names: list[str],
    ) -> None:
        Path("text.png").write_text("no picture at all")
        Path("empty.png").touch()
        refused = call("stylize", photo, "--style", "night", "-o", "out.png", *arguments)
        assert (refused.code, refused.err.count("\n")) == (2, 1), refused.err
        assert all(name in refused.err for name in names), refused.err
        assert not Path("out.png").exists()


class TestColours:
    @pytest.mark.parametrize("method", ["luminance", "coral", "histogram"])
    def test_stylize(self, call: Call, stylizer: Stylizer, photo: Path, method: str) -> None:
        for amount in (0.0, 0.4, 1.0):
            painted = paint(
                call, "--style", "night", "--keep-colours", method, "--keep-amount", amount
            )
            expected = stylizer.stylize(
                photo,
                "night",
                keep_colours=method,
                keep_amount=amount,  # type: ignore[call-overload]
            )
            np.testing.assert_array_equal(painted, expected)
        assert not np.array_equal(painted, paint(call, "--style", "night"))

    @pytest.mark.parametrize(
        "arguments",
        [
            ("sheet", "photo.jpg", "--style", "night", "--style", "dawn"),
            ("mix", "photo.jpg", "--style", "night", "--style", "dawn", "--steps", 2),
            ("compare", "photo.jpg", "--style", "night"),
        ],
        ids=["sheet", "mix", "compare"],
    )
    def test_other_verbs(
        self, call: Call, stylizer: Stylizer, photo: Path, arguments: tuple[object, ...]
    ) -> None:
        control = ("--keep-colours", "coral", "--keep-amount", 0.7, "--no-labels")
        assert call(*arguments, "-o", "plain.png", "--no-labels").code == 0
        assert call(*arguments, "-o", "kept.png", *control).code == 0
        expected = stylizer.stylize(photo, "night", keep_colours="coral", keep_amount=0.7)
        kept = read("kept.png")
        tiles = np.lib.stride_tricks.sliding_window_view(kept, expected.shape)
        assert (tiles == expected).all((-3, -2, -1)).any()
        assert not np.array_equal(kept, read("plain.png"))


class TestSettings:
    def test_file_and_environment(
        self, call: Call, photo: Path, masks: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        expected = paint(call, *TWO, "--keep-colours", "coral", "--keep-amount", 0.5)
        Path("mine.toml").write_text(
            '[stylize]\nstyle = ["night", "dawn=0.5"]\nmask = ["left.png", "right.png"]\n'
            'keep-colours = "coral"\nkeep_amount = 0.5\n'
        )
        done = call("--config", "mine.toml", "stylize", photo, "-o", "file.png")
        assert done.code == 0, done.err
        np.testing.assert_array_equal(read("file.png"), expected)
        for name, value in {
            "STYLE": "night dawn=0.5",
            "MASK": os.pathsep.join(map(str, masks)),
            "KEEP_COLOURS": "coral",
            "KEEP_AMOUNT": "0.5",
        }.items():
            monkeypatch.setenv(f"STYLER_STYLIZE_{name}", value)
        np.testing.assert_array_equal(paint(call, output="environment.png"), expected)


def test_ranges_are_those_of_the_definitions() -> None:
    from styler_server.settings import Settings

    for name in ("stylize", "compare", "sheet", "mix"):
        command = app.get_command(click.Context(app), name)
        assert command is not None
        options = {option.name: option for option in command.params}
        for control in (STRENGTH, STYLE_SIZE, KEEP_AMOUNT):
            option = options[control.name]
            kind = option.type
            assert isinstance(option, click.Option)
            assert isinstance(kind, click.IntRange | click.FloatRange)
            assert (kind.min, kind.max) == (control.low, control.high)
            assert (option.default, option.help) == (control.default, control.help)
    setting = Settings.model_fields["style_size"]
    limits = {type(limit).__name__: limit for limit in setting.metadata}
    assert limits["Ge"].ge == STYLE_SIZE.low and limits["Le"].le == STYLE_SIZE.high
    assert setting.default == STYLE_SIZE.default
    assert "style_size" in {option.name for option in serve.get_params(click.Context(serve))}


def test_a_mask_of_the_photos_size_and_one_stretched(call: Call, photo: Path) -> None:
    half = np.zeros((8, 12), np.uint8)
    half[:, :6] = 255
    Image.fromarray(half).save("small.png")
    ramp = Image.fromarray(half.astype(np.float32)).resize((48, 32), Image.Resampling.BILINEAR)
    Image.fromarray(np.rint(np.asarray(ramp)).astype(np.uint8)).save("own.png")
    own, small = (
        paint(call, "--style", "night", "--only", name) for name in ("own.png", "small.png")
    )
    assert np.abs(own.astype(int) - small).max() <= 2  # the mask of 8 bits is rounded
    np.testing.assert_array_equal(own[:, 27:], read(photo)[:, 27:])


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_mask_of_0_and_1_is_black_and_white(call: Call, photo: Path, suffix: str) -> None:
    half = np.zeros((32, 48), np.uint8)
    half[:, :24] = 1
    painted = []
    for white in (1, 255):
        Image.fromarray(half * white).save(f"half.{suffix}")
        painted.append(paint(call, "--style", "night", "--only", f"half.{suffix}"))
    np.testing.assert_array_equal(*painted)
    assert not np.array_equal(painted[0], read(photo))


@pytest.mark.parametrize("verb", ["stylize", "compare", "sheet"])
def test_colors_are_colours(
    call: Call, photo: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = (verb, photo, "--style", "night")
    assert call(*arguments, "--keep-colours", "coral", "-o", "a.png").code == 0
    assert call(*arguments, "--keep-colors", "coral", "-o", "b.png").code == 0
    Path("mine.toml").write_text(f'[{verb}]\nkeep-colors = "coral"\n')
    assert call("--config", "mine.toml", *arguments, "-o", "c.png").code == 0
    monkeypatch.setenv(f"STYLER_{verb.upper()}_KEEP_COLORS", "coral")
    assert call(*arguments, "-o", "d.png").code == 0
    for name in "bcd":
        np.testing.assert_array_equal(read("a.png"), read(f"{name}.png"))
