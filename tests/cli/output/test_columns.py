"""Text in columns."""

from styler.cli.output.columns import aligned


def test_names_begin_and_figures_end_at_one_place() -> None:
    lines = [["name", "of", "1/4"], ["a", "b", "0.5"], ["longer", "none", "-"]]
    assert aligned(lines).splitlines() == [
        "name      of  1/4",
        "a          b  0.5",
        "longer  none    -",
    ]
    assert aligned(lines, names=2).splitlines()[1] == "a       b     0.5"
