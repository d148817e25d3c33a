"""A recipe is a value: equal, hashable, and the same after a way through text."""

import pytest

from styler.controls import Controls, Size
from styler.errors import ParameterError
from styler.jobs import Recipe


def test_round_trip_through_text() -> None:
    recipe = Recipe(
        styles=(("monet-impression", 0.7), (b"\x89PNG\0", 2.0)),
        controls=Controls(strength=0.4, size="2.5MP", keep_colours="coral"),
        masks=("left.png", b"\xff\xd8"),
        only="sky.png",
        model="group",
    )
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe and hash(again) == hash(recipe)
    assert again.controls.size == Size(megapixels=2.5)
    assert Recipe.from_json(Recipe((("a", 1.0),)).to_json()) == Recipe((("a", 1.0),))


def test_one_mask_for_each_style() -> None:
    with pytest.raises(ParameterError, match="2 for 1 styles"):
        Recipe((("a", 1.0),), masks=("left.png", "right.png"))
