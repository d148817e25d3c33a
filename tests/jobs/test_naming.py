"""Patterns for the names of paintings."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from styler.errors import ParameterError
from styler.jobs.naming import Pattern


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{stem}-{style}{ext}", "a.b-night.png"),
        ("{name}{ext}", "a.b.gif.png"),
        ("{style} {{1}} {stem}.webp", "night {1} a.b.webp"),
    ],
)
def test_fields_stand_for_photo_style_and_extension(text: str, name: str) -> None:
    assert Pattern(text).of(Path("in/a.b.gif"), "night", ".png") == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{stem}-{styel}{ext}", "no field {styel}; did you mean 'style'?"),
        ("{}{ext}", "no field {}; the fields are {stem}, {name}, {style}, {ext}"),
        ("{stem.upper}{ext}", "no field {stem.upper}"),
        ("{stem:>9}{ext}", "without a format"),
        ("{stem!r}{ext}", "without a format"),
        ("{stem", "a brace itself is written twice"),
        ("../{stem}{ext}", "-o says the folder"),
        ("{stem}", "end it in {ext}"),
        ("{stem}.jgp", "end it in {ext}"),
        ("", "end it in {ext}"),
    ],
)
def test_mistakes_name_the_remedy(text: str, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Pattern(text)
    assert words in str(caught.value) and str(caught.value).startswith("--name ")


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
def test_what_a_photo_is_called_is_no_pattern(stem: str) -> None:
    named = Pattern("{stem}-{style}{ext}").of(Path(f"{stem}.jpg"), stem, ".png")
    assert named == f"{Path(f'{stem}.jpg').stem}-{stem}.png"
