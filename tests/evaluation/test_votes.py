"""Blind votes: orders are random, repeatable and told by the key alone; votes are counted."""

import json
import subprocess
import sys
from itertools import permutations

import pytest

from styler.errors import InputError, ParameterError
from styler.evaluation.votes import Key, Sheet, shuffled

PAIRS = [(photo, painting) for photo in "abcdefghij" for painting in "uvwxyz"]


def test_letters_have_an_order_of_their_own_on_every_sheet() -> None:
    key = shuffled(PAIRS, ["mine", "other", "third"])
    assert list(key.sheets) == [f"{number:02}" for number in range(60)]
    assert [(sheet.photo, sheet.painting) for sheet in key.sheets.values()] == PAIRS
    orders = [tuple(sheet.painters.values()) for sheet in key.sheets.values()]
    assert {*orders} == {*permutations(["mine", "other", "third"])}
    assert all(list(sheet.painters) == ["A", "B", "C"] for sheet in key.sheets.values())


def test_a_seed_gives_the_same_sheets_and_others_others() -> None:
    key = shuffled(PAIRS, ["mine", "other"], seed=3)
    assert key == shuffled(PAIRS, ["mine", "other"], seed=3)
    assert key != shuffled(PAIRS, ["mine", "other"], seed=4)
    few = shuffled(PAIRS[:5], ["mine", "other"], seed=3)
    assert few.sheets.items() <= key.sheets.items(), "more sheets leave the first as they are"
    assert list(shuffled(PAIRS * 2, ["mine", "other"]).sheets)[:2] == ["000", "001"]


@pytest.mark.parametrize("painters", [["mine"], ["mine", "mine"], [str(n) for n in range(27)]])
def test_painters_that_cannot_be_told_apart(painters: list[str]) -> None:
    with pytest.raises(ParameterError, match=r"painters"):
        shuffled(PAIRS, painters)


KEY = Key(
    {
        "00": Sheet("a", "x", {"A": "mine", "B": "other", "C": "third"}),
        "01": Sheet("b", "x", {"A": "third", "B": "mine", "C": "other"}),
    }
)


def test_votes_are_counted_by_painter() -> None:
    ballots = {
        "first": {"00": {"HANG": "ABC", "PAINT": "CBA"}, "01": {"HANG": "CBA"}},
        "second": {"00": {"HANG": "BAC"}},
    }
    found = KEY.count(ballots)
    assert list(found) == ["HANG", "PAINT"]
    hang = found["HANG"]
    assert hang.votes == 3 and found["PAINT"].votes == 1
    assert hang.ranked() == [
        ("other", pytest.approx(4 / 3)), ("mine", pytest.approx(5 / 3)), ("third", 3),
    ]  # fmt: skip
    assert (hang.before["other", "mine"], hang.before["mine", "other"]) == (2, 1)
    assert (hang.before["mine", "third"], hang.before["third", "mine"]) == (3, 0)
    assert found["PAINT"].ranked() == [("third", 1), ("other", 2), ("mine", 3)]


def test_a_key_comes_back_from_json() -> None:
    assert Key.of(json.loads(json.dumps(KEY.plain()))) == KEY
    few = {"photo": "a", "painting": "x"}
    for wrong in ([], {"00": "A"}, {"00": few}, {"00": {**few, "painters": 1}}):
        with pytest.raises(InputError, match=r"^key\.json: is no key of sheets"):
            Key.of(wrong, "key.json")


@pytest.mark.parametrize(
    ("ballot", "says"),
    [
        ({"07": {"HANG": "ABC"}}, "the key has no sheet 07"),
        ({"00": {"HANG": "AB"}}, "sheet 00, HANG: AB is no order of ABC"),
        ({"00": {"HANG": "AAB"}}, "AAB is no order of ABC"),
        ({"00": {"HANG": "ABCD"}}, "ABCD is no order of ABC"),
        ({"00": {"HANG": 3}}, "is no ballot"),
        ({"00": "ABC"}, "is no ballot"),
        (["ABC"], "is no ballot"),
        ({}, "no votes there"),
    ],
)
def test_ballots_that_cannot_be_counted(ballot: object, says: str) -> None:
    with pytest.raises(InputError, match=f"^mine: .*{says}"):
        KEY.count({"mine": ballot})  # type: ignore[dict-item]


def test_a_vote_needs_no_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; import styler.evaluation.votes"
    subprocess.run([sys.executable, "-c", f"{code}, styler.evaluation.choice"], check=True)
