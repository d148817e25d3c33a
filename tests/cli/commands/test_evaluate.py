"""``styler evaluate``: table, JSON, sheet and curve of small folders."""

import io
import json
import math
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from styler import Stylizer
from styler.cli.commands.evaluate import _flat
from styler.cli.output import curve, progress
from styler.cli.output.evaluation import table
from styler.evaluation import pairs
from styler.evaluation.lattice import gradient
from styler.evaluation.pairs import Evaluation, Measures, Pair, scores
from styler.network import load_vgg
from tests.cli.conftest import Call, Called
from tests.cli.pictures import read, save
from tests.networks import write_vgg


@pytest.fixture(scope="session")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vgg(tmp_path_factory.mktemp("vgg") / "vgg.safetensors")


@pytest.fixture(autouse=True)
def folders(vgg: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two photos, two paintings, and a loss network to measure with."""
    save(Path("photos/cat.jpg"), 80, 64)
    save(Path("photos/dog.png"), 64, 64, seed=1)
    save(Path("paintings/waves.png"), 64, 72, seed=2)
    save(Path("paintings/night.png"), 64, 64, seed=3)
    monkeypatch.setenv("STYLER_EVALUATE_LOSS_NETWORK", str(vgg))
    monkeypatch.setenv("STYLER_EVALUATE_THREADS", "1")
    # A part is as good here, and painted sooner; tests/evaluation paints all of it.
    monkeypatch.setattr(pairs, "gradient", lambda dtype: gradient(dtype)[:64, :64])


def rows(told: Called) -> list[dict[str, str]]:
    """The table, by the names of its columns."""
    head, *lines = (line.split() for line in told.out.splitlines())
    return [dict(zip(head, line, strict=True)) for line in lines]


def evaluate(call: Call, *arguments: object) -> Called:
    done = call("evaluate", "photos", "paintings", *arguments)
    assert done.code == 0, done.err
    return done


def test_table_has_a_row_for_each_strength(call: Call) -> None:
    told = evaluate(call, "--strength", "0,0.5,...,1")
    found = rows(told)
    assert [row["strength"] for row in found] == ["0", "0.5", "1"]
    assert {row["pairs"] for row in found} == {"4"}
    assert {row["name"] for row in found} == {"default"}
    none, half, full = (float(row["content"]) for row in found)
    assert none == 0 < half < full
    assert found[0]["identity"] == found[1]["identity"] != "-"
    assert float(found[0]["flat"]) < float(found[2]["flat"])
    told_lines = told.err.splitlines()
    assert len(told_lines) == 12 and told_lines[-1].startswith("[12/12] dog as waves at 1 ")
    assert evaluate(call, "--pairs", 1, "--quiet").err == ""


def test_json_holds_what_the_library_measures(call: Call, vgg: Path) -> None:
    told = evaluate(call, "--strength", 0.5, "--strength", 1, "--json", "-")
    report = json.loads(told.out)
    stylizer = Stylizer(threads=1)
    evaluation = Evaluation(
        {name: read(f"photos/{name}") for name in ("cat.jpg", "dog.png")},
        {name: read(f"paintings/{name}") for name in ("night.png", "waves.png")},
        load_vgg(vgg),
    )
    expected = [pair for pair, _ in evaluation.of_model(stylizer, (0.5, 1))]
    assert report["sha256"] == stylizer.info.sha256
    assert report["fingerprint"] == evaluation.fingerprint
    names = [(one["photo"], one["painting"], one["strength"]) for one in report["pairs"]]
    assert names == [
        (Path(one.photo).stem, Path(one.painting).stem, one.strength) for one in expected
    ]
    for part, wanted in (("pairs", expected), ("scores", scores(expected))):
        for one, other in zip(report[part], wanted, strict=True):
            values = vars(other.measures if part == "pairs" else other.means)
            for name in values.keys() - {"milliseconds"}:
                assert one[name] == values[name], name
            assert one["milliseconds"] > 0


def test_json_has_null_for_what_is_no_number(call: Call) -> None:
    evaluate(call, "--strength", 0, "--json", "out.json")
    (row,) = json.loads(Path("out.json").read_text(), parse_constant=pytest.fail)["scores"]
    assert row["border"] is None and row["content"] == 0
    pair = Pair("a", "b", None, Measures(math.nan, 1.0, 0.5, identity=math.inf))
    assert {name for name, value in _flat(pair, pair.measures).items() if value is not None} == {
        "photo", "painting", "content", "ssim",
    }  # fmt: skip


def test_what_another_program_has_painted(call: Call) -> None:
    for name, style in (("cat", "waves"), ("cat", "night"), ("dog", "night")):
        picture = f"other/{name}__{style}.png"
        suffix = "jpg" if name == "cat" else "png"
        Path("other").mkdir(exist_ok=True)
        painting = f"paintings/{style}.png"
        painted = ("stylize", f"photos/{name}.{suffix}", "--style", painting, "-o", picture)
        assert call(*painted).code == 0
    report = json.loads(evaluate(call, "--painted", "other", "--json", "-").out)
    own = json.loads(evaluate(call, "--json", "-").out)
    by_name = {(one["photo"], one["painting"]): one for one in own["pairs"]}
    assert report["name"] == "other" and report["sha256"] is None
    assert len(report["pairs"]) == report["scores"][0]["pairs"] == 3
    for one in report["pairs"]:
        expected = by_name[one["photo"], one["painting"]]
        for measure in ("style", "style_half", "content", "tile", "fine", "grid", "border"):
            assert one[measure] == expected[measure]
        for measure in (
            "strength",
            "identity",
            "frame",
            "shift",
            "noise",
            "lattice",
            "milliseconds",
        ):
            assert one[measure] is None
    (row,) = rows(evaluate(call, "--painted", "other"))
    assert (row["name"], row["strength"], row["shift"], row["lattice"]) == ("other", "-", "-", "-")


def test_what_another_program_has_painted_may_be_of_any_format(call: Call) -> None:
    for name in ("cat__waves.webp", "dog__night.PNG", "dog__other.png"):
        save(Path("other") / name, *((80, 64) if "cat" in name else (64, 64)), seed=5)
    report = json.loads(evaluate(call, "--painted", "other", "--json", "-").out)
    assert [(one["photo"], one["painting"]) for one in report["pairs"]] == [
        ("cat", "waves"), ("dog", "night"),
    ]  # fmt: skip


def test_sheet_shows_photos_at_the_left_and_paintings_on_top(call: Call) -> None:
    arguments = ("--strength", "0.5,0.9,1.4", "--sheet", "sheet.png", "--tile", 80)
    evaluate(call, *arguments, "--pairs", 3)
    sheet = read("sheet.png")
    line = round(1.6 * 14)
    width, height = 80 + 8, 72 + line + 8
    assert sheet.shape == (3 * height + 8, 3 * width + 8, 3)

    def place(row: int, column: int, shape: tuple[int, ...]) -> np.ndarray:
        y = 8 + row * height + (72 - shape[0]) // 2
        x = 8 + column * width + (80 - shape[1]) // 2
        return sheet[y : y + shape[0], x : x + shape[1]]

    for name, at in {
        "photos/cat.jpg": (1, 0), "photos/dog.png": (2, 0),
        "paintings/night.png": (0, 1), "paintings/waves.png": (0, 2),
    }.items():  # fmt: skip
        np.testing.assert_array_equal(place(*at, read(name).shape), read(name))
    call("stylize", "photos/cat.jpg", "-s", "paintings/waves.png", "--strength", 0.9, "-o", "x.png")
    np.testing.assert_array_equal(place(1, 2, (64, 80)), read("x.png"))
    assert (place(0, 0, (72, 80)) == 255).all()
    empty = [(place(*at, (64, 64)) == 255).all() for at in ((1, 1), (1, 2), (2, 1), (2, 2))]
    assert sum(empty) == 1, "three pairs of four are measured"


@pytest.mark.parametrize("suffix", curve.FORMATS)
def test_curve_is_a_picture_of_that_format(suffix: str) -> None:
    curves = {
        "mine": [curve.Point(0.3, 0.5, "0.5"), curve.Point(0.9, 0.1, "1")],
        "other": [curve.Point(1, 0.2)],
    }
    drawn = curve.draw(curves, suffix)
    assert drawn == curve.draw(curves, suffix)
    if suffix == ".svg":
        assert ElementTree.fromstring(drawn).tag.endswith("svg")
    else:
        with Image.open(io.BytesIO(drawn)) as image:
            assert image.format == "PNG" and len(image.convert("RGB").getcolors(10**6) or []) > 20
    moved = curve.draw(curves | {"other": [curve.Point(1, 0.4)]}, suffix)
    assert moved != drawn


def test_curve_and_table_show_the_points_of_others(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate(call, "--strength", "1,0.5", "--json", "first.json")
    report = json.loads(Path("first.json").read_text())
    Path("first.json").write_text(json.dumps(report | {"name": "first"}))
    drawn: list[dict[str, list[curve.Point]]] = []
    monkeypatch.setattr(curve, "draw", lambda curves, suffix: drawn.append(curves) or b"drawn")
    told = evaluate(
        call, "--point", "an:other:0.05:1.02", "--beside", "first.json", "--curve", "both.svg"
    )
    (curves,) = drawn
    assert Path("both.svg").read_bytes() == b"drawn"
    assert list(curves) == ["default", "an:other", "first"]
    assert curves["an:other"] == [curve.Point(1.02, 0.05)]
    assert [point.label for point in curves["first"]] == ["0.5", "1"]
    assert curves["default"] == curves["first"][1:]
    assert [row["name"] for row in rows(told)] == ["default", "an:other", "first", "first"]
    assert rows(told)[1]["style"] == "0.0500" and rows(told)[1]["strength"] == "-"


def test_size_shrinks_photos_and_paintings(call: Call) -> None:
    save(Path("photos/cat.jpg"), 160, 128)
    save(Path("paintings/night.png"), 128, 128, seed=3)
    evaluate(call, "--size", 80, "--tile", 400, "--pairs", 1, "--sheet", "sheet.png")
    assert read("sheet.png").shape == (2 * (80 + 22 + 8) + 8, 2 * (80 + 8) + 8, 3)


def test_results_are_not_overwritten(call: Call) -> None:
    for option, name in (("--json", "x.json"), ("--sheet", "x.png"), ("--curve", "x.svg")):
        Path(name).touch()
        refused = call("evaluate", "photos", "paintings", option, name)
        assert refused.code == 2 and name in refused.err and "--force" in refused.err
        assert Path(name).read_bytes() == b""
    evaluate(call, "--pairs", 1, "--json", "x.json", "--force")
    assert json.loads(Path("x.json").read_text())["pairs"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("missing", "paintings"), "missing: is not a folder"),
        (("photos", "empty"), "empty: no pictures"),
        (("twins", "paintings"), "share a name"),
        (("small", "paintings"), "a: 70x40 pixels are too few"),
        (("broken", "paintings"), "broken/a.png"),
        (("photos", "paintings", "--strength", "2"), "from 0 to 1.5"),
        (("photos", "paintings", "--strength", "high"), "'high' is not like"),
        (("photos", "paintings", "--strength", "0.2,...,1"), "is not like"),
        (("photos", "paintings", "--strength", "0.4,0.2,...,1"), "is not like"),
        (("photos", "paintings", "--painted", "empty"), "empty: no pictures there"),
        (("photos", "paintings", "--painted", "small"), "small: no PHOTO__PAINTING.png"),
        (("photos", "paintings", "--painted", "empty", "--strength", "1"), "--strength"),
        (("photos", "paintings", "--painted", "wrong"), "cat as waves is 20x20"),
        (("photos", "paintings", "--curve", "curve.pdf"), ".svg or .png"),
        (("photos", "paintings", "--point", "other:0.1"), "NAME:STYLE:CONTENT"),
        (("photos", "paintings", "--point", "other:much:1"), "NAME:STYLE:CONTENT"),
        (("photos", "paintings", "--beside", "missing.json"), "missing.json: no such file"),
        (("photos", "paintings", "--beside", "broken/a.png"), "is not what --json"),
        (("photos", "paintings", "--beside", "other.json"), "evaluate both alike"),
        (("photos", "paintings", "--loss-network", "missing"), "missing"),
        (("photos", "paintings", "--model", "missing"), "missing"),
        (("photos", "paintings", "--json", "nowhere/x.json"), "nowhere/x.json"),
        (("photos", "paintings", "--sheet", "sheet.txt"), "sheet.txt"),
    ],
)
def test_mistakes_are_told_in_a_line(
    call: Call, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    save(Path("twins/a.png"), 64, 64)
    save(Path("twins/a.jpg"), 64, 64)
    save(Path("small/a.png"), 70, 40)
    save(Path("wrong/cat__waves.png"), 20, 20)
    Path("broken").mkdir()
    Path("broken/a.png").write_bytes(b"no picture")
    Path("other.json").write_text('{"name": "x", "fingerprint": "y", "scores": []}')
    refused = call("evaluate", *arguments, "--quiet")
    assert refused.code == 2, refused
    assert refused.err.count("\n") == 1 and says in refused.err, refused.err


def test_without_matplotlib_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from styler.errors import MissingDependencyError

    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"matplotlib; pip install .styler\[train\]"):
        curve.check(Path("curve.svg"))


def test_outputs_are_checked_before_any_work(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Evaluation, "of_model", pytest.fail)
    for option, name in (
        ("--json", "nowhere/x.json"), ("--sheet", "x.txt"), ("--curve", "x.pdf"),
        ("--point", "x"), ("--beside", "missing.json"),
    ):  # fmt: skip
        assert call("evaluate", "photos", "paintings", option, name).code == 2


def test_table_lines_up_its_columns() -> None:
    lines = table(
        [
            {"name": "a", "strength": 0.2, "pairs": 100, "style": 1.20576, "shift": 49.441},
            {"name": "longer", "style": 0.05, "content": math.inf},
        ]
    ).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert (
        lines[0].split()[-1] == "shift"
        and lines[1].endswith(" 49.44")
        and lines[1].split()[:4] == ["a", "0.2", "100", "1.2058"]
    )
    assert lines[2].split()[:6] == ["longer", "-", "-", "0.0500", "-", "inf"]


def test_table_fits_a_hundred_columns() -> None:
    measures = Measures(
        *(1.2058, 1.3523, 0.557), 1.111, 1.111, 12.34, 12.34, 12.34, 0.5, 0.5, 55.5, 99.9, 12.34,
        1.001, 12.34, 12.34, 1.11, 12.34, 12.34, 1000.0,
    )  # fmt: skip
    row = {"name": "a-model-name", "strength": 0.75, "pairs": 1000, **vars(measures)}
    assert all(len(line) <= 100 for line in table([row]).splitlines())


def test_a_terminal_gets_a_bar(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: True, raising=False)
    told = evaluate(call, "--pairs", 1)
    assert "measuring" in told.err and "1/1" in told.err and "[1/1]" not in told.err
