"""A queued picture is painted as any other, when there is memory for it."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from styler import Stylizer
from styler.errors import ImageError, TooLargeError
from styler.halt import AbandonedError
from styler.jobs import Job, Outcome, Recipe, Runner, Task
from styler.jobs.heartbeat import Heartbeat
from styler.jobs.painter import Painter
from styler.jobs.room import Room
from tests.cli.pictures import as_bytes, save

RECIPE = Recipe(((as_bytes(), 1.0),))


class Heart:
    """Of a worker that stops when it is asked so often."""

    def __init__(self, asked: int = 10**9) -> None:
        self.left = asked

    def given_up(self) -> bool:
        self.left -= 1
        return self.left < 0


def paint(
    painter: Painter, photo: Path, job: Job, output: str = "out.png", asked: int = 10**9
) -> Outcome:
    return painter(job, photo, Path(output), cast(Heartbeat, Heart(asked)))


def test_the_bytes_are_those_of_the_runner(stylizer: Stylizer, tmp_path: Path) -> None:
    photo, output = save(tmp_path / "photo.jpg"), tmp_path / "out.webp"
    (outcome,) = Runner(lambda: stylizer).run(Job(RECIPE, (Task(photo, output),)))
    assert outcome.status == "painted"
    painted = paint(Painter(lambda model: stylizer), photo, Job(RECIPE, ()), str(output))
    assert painted.data == output.read_bytes()
    assert (painted.source, painted.output, painted.width) == (str(photo), str(output), 48)


def test_one_network_at_a_time(stylizer: Stylizer, tmp_path: Path) -> None:
    photo, opened = save(tmp_path / "photo.png"), list[str]()

    def open(model: str) -> Stylizer:
        opened.append(model)
        return stylizer

    painter = Painter(open)
    for model in ("a", "a", "b", "a"):
        paint(painter, photo, Job(replace(RECIPE, model=model), ()))
    paint(painter, photo, Job(Recipe(((as_bytes("JPEG"), 1.0),), model="a"), ()))
    assert opened == ["a", "b", "a"]


def test_it_waits_for_memory(stylizer: Stylizer, tmp_path: Path) -> None:
    """Another worker has nearly all of it, until that one is looked at the third time."""
    photo, places = save(tmp_path / "photo.png"), [7.9e9, 0.0]
    held: list[float] = []

    class Watched(Room):
        @contextlib.contextmanager
        def taken(self, peak: float, given_up: object) -> Iterator[None]:
            with super().taken(peak, given_up):  # type: ignore[arg-type]
                held.append(places[1])
                yield

    painter = Painter(lambda model: stylizer, room=Watched(8e9, places, 1))
    with pytest.raises(AbandonedError, match="before there was memory"):
        paint(painter, photo, Job(RECIPE, ()), asked=3)
    assert held == []
    places[0] = 0.0
    assert paint(painter, photo, Job(RECIPE, ())).status == "painted"
    assert held[0] > 50e6
    assert places == [0.0, 0.0]


def test_what_cannot_be_painted(stylizer: Stylizer, tmp_path: Path) -> None:
    photo = save(tmp_path / "photo.png", 100, 80)
    with pytest.raises(TooLargeError, match=r"photo\.png"):
        paint(Painter(lambda model: stylizer, max_pixels=2000), photo, Job(RECIPE, ()))
    with pytest.raises(TooLargeError, match="memory"):
        paint(Painter(lambda model: stylizer, room=Room(1e6)), photo, Job(RECIPE, ()))
    photo.write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"photo\.png"):
        paint(Painter(lambda model: stylizer), photo, Job(RECIPE, ()))
    with pytest.raises(AbandonedError):
        paint(Painter(lambda model: stylizer), save(photo), Job(RECIPE, ()), asked=0)
