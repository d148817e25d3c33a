"""Which pairs are looked at."""

from styler.evaluation.choice import diagonals


def test_few_pairs_are_of_many_pictures() -> None:
    order = diagonals("abcd", "xyz")
    assert sorted(order) == sorted((photo, painting) for photo in "abcd" for painting in "xyz")
    assert len({photo for photo, _ in order[:4]}) == 4
    assert {painting for _, painting in order[:3]} == set("xyz")
