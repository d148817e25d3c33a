"""``styler vote``: sheets that hide who painted what, and the count of what viewers say."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Call, Called
from tests.cli.pictures import read, save

PAINTERS = ("mine", "other", "third")


@pytest.fixture(autouse=True)
def folders() -> None:
    """Two photos, two paintings, and three painters, of whom one has not painted all."""
    save(Path("photos/cat.jpg"), 64, 48)
    save(Path("photos/dog.png"), 48, 48, seed=1)
    save(Path("paintings/waves.png"), 60, 40, seed=2)
    save(Path("paintings/night.png"), 40, 60, seed=3)
    for seed, painter in enumerate(PAINTERS, start=4):
        for photo, size in (("cat", (64, 48)), ("dog", (48, 48))):
            for painting in ("waves", "night"):
                if (painter, photo, painting) != ("third", "dog", "night"):
                    suffix = "webp" if painter == "other" else "png"
                    options = {"lossless": True} if suffix == "webp" else {}
                    name = Path(painter, f"{photo}__{painting}.{suffix}")
                    save(name, *size, seed=seed + 10 * len(photo + painting), **options)


def sheets(call: Call, *arguments: object) -> Called:
    return call("vote", "sheets", "photos", "paintings", *PAINTERS, *arguments)


def key(path: str = "sheets-key.json") -> dict[str, dict[str, object]]:
    return dict(json.loads(Path(path).read_text()))


def test_sheets_show_photo_painting_and_painters_under_letters(call: Call) -> None:
    done = sheets(call, "-o", "sheets")
    assert done.code == 0, done.err
    assert done.out == "3 sheets in sheets, what the letters stand for in sheets-key.json\n"
    assert sorted(p.name for p in Path("sheets").iterdir()) == ["00.png", "01.png", "02.png"]
    pairs = {(one["photo"], one["painting"]) for one in key().values()}
    assert pairs == {("cat", "night"), ("cat", "waves"), ("dog", "waves")}, "what all have"
    line, gap = round(1.6 * 14), 8
    for number, one in key().items():
        sheet = read(f"sheets/{number}.png")
        painters = one["painters"]
        assert isinstance(painters, dict) and sorted(painters.values()) == [*PAINTERS]
        photo = read(next(Path("photos").glob(f"{one['photo']}.*")))
        painting = read(f"paintings/{one['painting']}.png")
        pair = f"{one['photo']}__{one['painting']}"
        shown = [photo, painting]
        shown += [read(next(Path(painters[letter]).glob(f"{pair}.*"))) for letter in "ABC"]
        width = max(one.shape[1] for one in shown)
        height = max(one.shape[0] for one in shown)
        for index, pixels in enumerate(shown):
            y = gap + index // 3 * (height + line + gap) + (height - pixels.shape[0]) // 2
            x = gap + index % 3 * (width + gap) + (width - pixels.shape[1]) // 2
            part = sheet[y : y + pixels.shape[0], x : x + pixels.shape[1]]
            np.testing.assert_array_equal(part, pixels)


def test_the_same_seed_gives_the_same_bytes(call: Call) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        assert sheets(call, "-o", name, "--seed", seed).code == 0
    files = [[p.read_bytes() for p in sorted(Path(name).iterdir())] for name in "abc"]
    assert files[0] == files[1] != files[2]
    assert key("a-key.json") == key("b-key.json") != key("c-key.json")


def test_choosing_and_reporting_on_different_pairs(call: Call) -> None:
    assert sheets(call, "-o", "choose", "--pairs", 2).code == 0
    assert sheets(call, "-o", "report", "--skip", 2, "--key", "elsewhere.json").code == 0
    pairs = [
        (one["photo"], one["painting"])
        for path in ("choose-key.json", "elsewhere.json")
        for one in key(path).values()
    ]
    assert len(pairs) == len({*pairs}) == 3
    assert not Path("report-key.json").exists()


def test_a_painter_is_not_known_by_the_size_of_its_pictures(call: Call) -> None:
    for size in ((64, 48), (32, 24), (128, 96)):
        for pair in ("cat__waves", "cat__night", "dog__waves"):
            save(Path(f"third/{pair}.png"), *size, seed=9)
        name = f"of-{size[0]}"
        assert sheets(call, "-o", name, "--tile", 32).code == 0
        assert read(f"{name}/00.png").shape == read("of-64/00.png").shape


def test_votes_are_counted(call: Call) -> None:
    assert sheets(call, "-o", "sheets").code == 0
    order = {
        number: {name: letter for letter, name in one["painters"].items()}  # type: ignore[attr-defined]
        for number, one in key().items()
    }
    best = {n: "".join(names[p] for p in ("other", "mine", "third")) for n, names in order.items()}
    Path("a.json").write_text(json.dumps({n: {"HANG": letters} for n, letters in best.items()}))
    Path("b.json").write_text(json.dumps({"00": {"HANG": best["00"][::-1], "PAINT": best["00"]}}))
    done = call("vote", "count", "sheets-key.json", "a.json", "b.json")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "HANG   rank  before other  before mine  before third",
        "other  1.50             -       3 of 4        3 of 4",
        "mine   2.00        1 of 4            -        3 of 4",
        "third  2.50        1 of 4       1 of 4             -",
        "",
        "PAINT  rank  before other  before mine  before third",
        "other  1.00             -       1 of 1        1 of 1",
        "mine   2.00        0 of 1            -        1 of 1",
        "third  3.00        0 of 1       0 of 1             -",
    ]
    found = json.loads(call("vote", "count", "sheets-key.json", "a.json", "--json").out)
    assert found["HANG"]["mine"] == {"votes": 3, "rank": 2, "before": {"other": 0, "third": 3}}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-o", "full"), "full: is not empty"),
        (("-o", "new", "--key", "new/key.json"), "where viewers see it"),
        (("-o", "."), "where viewers see it"),
        (("-o", "new", "--key", "here.json"), "here.json: exists"),
        (("-o", "new", "--key", "nowhere/key.json"), "no such folder"),
        (("-o", "new", "--skip", "3"), "3 pairs in common, of which 3 are skipped"),
        (("-o", "new", "--tile", "3"), "--tile"),
        (("copy/mine", "-o", "new"), "share a name"),
        (("empty", "-o", "new"), "empty: no pictures"),
        (("photos", "-o", "new"), "photos: no PHOTO__PAINTING.png"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(
    call: Call, arguments: tuple[str, ...], says: str
) -> None:
    save(Path("full/x.png"))
    save(Path("copy/mine/cat__waves.png"))
    Path("here.json").touch()
    Path("empty").mkdir()
    refused = sheets(call, *arguments)
    assert refused.code == 2 and refused.err.count("\n") == 1 and says in refused.err, refused.err
    assert not Path("new").exists() and Path("here.json").read_bytes() == b""


def test_one_painter_is_no_vote(call: Call) -> None:
    refused = call("vote", "sheets", "photos", "paintings", "mine", "-o", "new")
    assert refused.code == 2 and "1 painters; give 2 to 26" in refused.err
    assert not Path("new").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("missing.json", "votes.json"), "missing.json: no such file"),
        (("sheets-key.json", "missing.json"), "missing.json: no such file"),
        (("broken.json", "votes.json"), "broken.json: is not JSON"),
        (("votes.json", "votes.json"), "votes.json: is no key"),
        (("sheets-key.json", "sheets-key.json"), "sheet 00, photo: cat is no order of ABC"),
        (("sheets-key.json", "votes.json"), "votes.json: the key has no sheet 09"),
    ],
)
def test_votes_that_cannot_be_counted(call: Call, arguments: tuple[str, ...], says: str) -> None:
    assert sheets(call, "-o", "sheets").code == 0
    Path("broken.json").write_bytes(b"\xff{")
    Path("votes.json").write_text('{"09": {"HANG": "ABC"}}')
    refused = call("vote", "count", *arguments)
    assert refused.code == 2 and refused.err.count("\n") == 1 and says in refused.err, refused.err
