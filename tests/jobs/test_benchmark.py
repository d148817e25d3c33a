"""Measuring painting."""

from styler.controls import Controls, Size
from styler.imaging import dimensions
from styler.jobs.benchmark import Case, drawn, measure


def test_a_case_has_figures_of_every_step() -> None:
    case = Case(Size(long_side=48), threads=1, repeats=1, controls=Controls(canvas=64))
    figures = measure(case)
    assert (figures.width, figures.height, figures.threads) == (48, 32, 1)
    assert figures.engine == "onnxruntime" and figures.load > 0 and figures.first > 0
    steps = figures.decode + figures.stylize + figures.encode
    assert 0 < steps <= figures.seconds + 0.01
    assert figures.peak > 0 and figures.estimate > 0


def test_photos_are_the_same_each_time() -> None:
    assert drawn(90, 70, seed=1) == drawn(90, 70, seed=1) != drawn(90, 70, seed=2)
    assert dimensions(drawn(90, 70, seed=1)) == (90, 70)
