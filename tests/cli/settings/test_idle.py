"""Options without effect: refused where that can only be a mistake, else said in one line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.cli.pictures import read, save

VERBS = {
    "stylize": ("stylize", "photo.jpg", "--style", "night"),
    "compare": ("compare", "photo.jpg", "--style", "night"),
    "sheet": ("sheet", "photo.jpg", "--style", "night", "--tile", 48),
    "mix": ("mix", "photo.jpg", "--style", "night", "--style", "dawn", "--steps", 2, "--tile", 48),
}


@pytest.mark.parametrize("verb", VERBS)
def test_an_amount_of_no_kind_of_colours_is_a_mistake(call: Call, photo: Path, verb: str) -> None:
    refused = call(*VERBS[verb], "--keep-amount", 1, "-o", "out.png")
    assert refused.code == 2 and refused.err.count("\n") == 1 and not Path("out.png").exists()
    assert "--keep-amount has no effect without --keep-colours luminance|coral|" in refused.err


def test_as_a_default_it_waits_for_the_kind(
    call: Call, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.toml").write_text("[stylize]\nkeep-amount = 0.5\nquality = 80\n")
    plain = call("--config", "mine.toml", *VERBS["stylize"], "-o", "a.png")
    assert plain.code == 0 and "warning" not in plain.err
    monkeypatch.setenv("STYLER_STYLIZE_KEEP_AMOUNT", "0.5")
    assert call(*VERBS["stylize"], "-o", "b.png").code == 0
    assert call(*VERBS["stylize"], "--keep-colours", "coral", "-o", "c.png").code == 0
    assert not (read("c.png") == read("b.png")).all()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (["--style-size", 256], "--style-size has no effect on saved styles"),
        (["--stroke-size", 2, "--brushwork", 0], "--stroke-size has no effect at --brushwork 0"),
        (["--boldness", 1, "--brushwork", 0], "--boldness has no effect at --brushwork 0"),
        (
            ["--strength", 0, "--boldness", 1, "--palette", 0],
            "--boldness and --palette have no effect at --strength 0",
        ),
    ],
    ids=["style size", "stroke size", "boldness", "strength"],
)
def test_controls_without_effect_are_said(
    call: Call, photo: Path, verb: str, arguments: list[object], warning: str
) -> None:
    done = call(*VERBS[verb], *arguments, "-o", "out.png")
    assert done.code == 0 and done.err.count("warning: ") == 1 and f"warning: {warning}" in done.err


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        (["--quality", 80, "-o", "a.png"], "--quality has no effect on png; jpeg, webp and avif"),
        (["--quality", 80, "--format", "bmp"], "--quality has no effect on bmp"),
        (["--exif", "-o", "a.bmp"], "--exif has no effect on bmp"),
    ],
)
def test_options_of_other_formats_are_said(
    call: Call, photo: Path, arguments: list[object], warning: str
) -> None:
    done = call(*VERBS["stylize"], *arguments)
    assert done.code == 0 and done.err.count("warning: ") == 1 and f"warning: {warning}" in done.err
    assert not call(*VERBS["stylize"], *arguments, "--force", "--quiet").err


def test_the_weight_of_a_single_style_is_said(call: Call, photo: Path) -> None:
    done = call("stylize", photo, "--style", "night=0.5", "-o", "a.png")
    assert done.code == 0 and "the weight of a single style has no effect; --strength" in done.err
    done = call("stylize", photo, "--style", "night=1", "-o", "b.png")
    assert done.code == 0 and "warning" not in done.err


def test_what_has_an_effect_is_not_said(call: Call, painting: Path) -> None:
    save(Path("photos/a.jpg"))
    save(Path("photos/b.png"))
    done = call(
        "stylize", "photos", "-s", "night=2", "-s", f"{painting}=1", "--style-size", 32,
        "--quality", 50, "--stroke-size", 2, "-o", "out",
    )  # fmt: skip
    assert done.code == 0 and "warning" not in done.err, "one photo is a JPEG"


def test_a_dry_run_does_not_watch(call: Call) -> None:
    save(Path("photos/a.jpg"))
    refused = call("stylize", "photos", "-s", "night", "-o", "out", "--dry-run", "--watch")
    assert refused.code == 2 and "--dry-run and --watch do not go together" in refused.err
