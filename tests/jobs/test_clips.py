"""Clips in the queue are painted as ``styler video`` paints them, and gone on with."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from styler import Stylizer
from styler.errors import OutputError, ParameterError, TooLargeError, VideoError
from styler.halt import AbandonedError
from styler.jobs import Job, Recipe, Runner, Saving, Task, plan
from styler.jobs.clips import Extent, check, is_clip, sweep
from styler.jobs.heartbeat import Heartbeat
from styler.jobs.painter import Painter
from styler.jobs.queue import Queue, contents, held
from styler.jobs.room import Room
from styler.jobs.worker import work
from tests.cli.pictures import as_bytes, save
from tests.video.clips import scenes, write

RECIPE = Recipe(((as_bytes(), 1.0),))


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    return Queue.open(tmp_path / "queue.sqlite")


@pytest.fixture(autouse=True)
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three frames."""
    monkeypatch.setattr("styler.video.painting.GROUP", 3)


def add(queue: Queue, clip: Path, output: Path, **options: Any) -> str:
    job = held(plan(RECIPE, [str(clip)], str(output), clips=True, **options))
    return queue.add(job, contents(job))


def worker(
    queue: Queue, stylizer: Stylizer, watch: Callable[[Heartbeat], None] = lambda heart: None
) -> Any:
    """A painter whose heart is looked at before each frame, and the outcomes of its worker."""
    told: list[Any] = []

    class Watched(Painter):
        def __call__(self, job: Job, source: Path, output: Path, heart: Heartbeat) -> Any:
            class Turns:
                info = stylizer.info

                def moving(self, *styles: Any, **more: Any) -> Any:
                    def turn(paint: Callable[[], Any]) -> Any:
                        watch(heart)
                        return paint()

                    return stylizer.moving(*styles, **more | {"turn": turn})

                def __getattr__(self, name: str) -> Any:
                    return getattr(stylizer, name)

            self._open = lambda model: Turns()  # type: ignore[assignment,return-value]
            return super().__call__(job, source, output, heart)

    work(queue, Watched(lambda model: stylizer), name="a", tell=told.append)
    return told


def test_the_bytes_are_those_of_styler_video(
    queue: Queue, stylizer: Stylizer, tmp_path: Path
) -> None:
    clip = write(tmp_path / "a.mp4", scenes(7, cut=5), sound=True)
    Runner(lambda: stylizer).film(RECIPE, clip, tmp_path / "b.mp4", crf=25, preview=0.2)
    id = add(queue, clip, tmp_path / "out" / "c.mp4", crf=25, preview=0.2)
    (outcome,) = worker(queue, stylizer)
    assert (outcome.status, outcome.width, outcome.frames, outcome.warning) == (
        "painted", 48, 5, None
    )  # fmt: skip
    assert (tmp_path / "out" / "c.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    (entry,) = queue.entries(id)
    assert (entry.state, entry.facts["frames"], entry.progress) == ("done", 5, 1.0)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"c.mp4", ".styler.jsonl"}


def test_a_worker_that_ends_leaves_its_parts_to_the_next(
    queue: Queue, stylizer: Stylizer, tmp_path: Path
) -> None:
    clip = write(tmp_path / "a.mp4", scenes(8))
    Runner(lambda: stylizer).film(RECIPE, clip, tmp_path / "b.mp4")
    id = add(queue, clip, tmp_path / "c.mp4")
    seen: list[tuple[float, dict[str, Any]]] = []

    def end(heart: Heartbeat) -> None:
        seen.append((heart.progress, heart.facts))
        if heart.facts.get("painted") == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        worker(queue, stylizer, end)
    progress, facts = seen[-1]
    assert (facts["frames"], 0.8 < progress < 0.9) == (8, True)
    queue.leases.take_back("a")
    painted: list[Any] = []
    worker(queue, stylizer, lambda heart: painted.append(heart.facts))
    assert len(painted) == 2  # of the third part
    assert (tmp_path / "c.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    events = [event.event for event in queue.log(id)]
    assert events == ["added", "leased", "lost", "leased", "done"]


def test_one_that_is_cancelled_stops_and_leaves_nothing(
    queue: Queue, stylizer: Stylizer, tmp_path: Path
) -> None:
    clip = write(tmp_path / "a.mp4", scenes(40))
    id = add(queue, clip, tmp_path / "out" / "c.mp4")
    painted: list[int] = []

    def cancel(heart: Heartbeat) -> None:
        painted.append(heart.facts.get("painted", 0))
        if painted[-1] == 5:
            queue.cancel(id)
            heart._lost = True  # as the next beat finds
        if painted[-1] > 5:
            raise AssertionError("goes on")

    assert worker(queue, stylizer, cancel) == []
    (entry,) = queue.entries(id)
    assert (entry.state, [*(tmp_path / "out").iterdir()] != []) == ("cancelled", True)
    sweep(id, entry)
    assert [*(tmp_path / "out").iterdir()] == []


def test_what_is_a_clip(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.jpg", scenes(2), container="mp4")
    photo = save(tmp_path / "photo.png")
    assert is_clip(clip, Path("a.jpg")) and is_clip(clip.read_bytes(), Path("a.jpg"))
    assert not is_clip(photo, Path("a.png")) and is_clip(photo, Path("a.MKV"))
    assert not is_clip(tmp_path / "none", Path("a.png"))


@pytest.mark.parametrize(
    ("name", "container", "becomes"),
    [("a.mov", "mov", "a.style.mov"), ("a.ts", "mpegts", "a.style.mp4"),
     ("a", "avi", "a.style.mp4")],
)  # fmt: skip
def test_names(tmp_path: Path, name: str, container: str, becomes: str) -> None:
    clip = write(tmp_path / name, scenes(2), container=container)
    (task,) = plan(RECIPE, [str(clip)], None, clips=True).tasks
    assert task.output == tmp_path / becomes
    (task,) = plan(RECIPE, [str(clip)], f"{tmp_path / 'out'}/", clips=True).tasks
    assert task.output == tmp_path / "out" / becomes.replace(".style", "")
    (task,) = plan(RECIPE, [str(clip)], None).tasks
    assert task.output == tmp_path / f"{Path(name).stem}.style.png"


def test_options_that_do_nothing_are_refused(tmp_path: Path) -> None:
    clip, photo = write(tmp_path / "a.mp4", scenes(2)), save(tmp_path / "b.png")
    film, still = Task(clip, Path("a.mp4")), Task(photo, Path("b.png"))
    check(Job(RECIPE, (film, still), Saving(lossless=False, bits=16), crf=0, preview=1.0))
    for job, told in (
        (Job(RECIPE, (still,), crf=0), "crf is of clips"),
        (Job(RECIPE, (still,), preview=1.0), "preview is of clips"),
        (Job(RECIPE, (film,), Saving(lossless=True)), "lossless is of pictures"),
        (Job(RECIPE, (replace(film, output=Path("a.gif")),), crf=20), "crf has no effect"),
    ):
        with pytest.raises(ParameterError, match=told):
            check(job)
    with pytest.raises(OutputError, match="none of the endings"):
        check(Job(RECIPE, (replace(film, output=Path("a.jpg")),)))


def test_the_extent_is_counted(tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", scenes(10), starts=[0, 512, *range(1024, 17408, 2048)])
    job = Job(replace(RECIPE, controls=replace(RECIPE.controls, size="24")), ())
    extent = Extent.of(clip, job)
    assert (extent.width, extent.height, extent.frames) == (24, 16, 10)
    assert 1.2 < extent.seconds < 1.4
    short = Extent.of(clip, replace(job, preview=0.5))
    assert (short.frames, short.seconds) == (5, 0.5)
    with pytest.raises(TooLargeError, match="megapixels"):
        Extent.of(clip, job, 100)
    with pytest.raises(TooLargeError, match=r"a\.mp4: painting 24x16 takes about"):
        extent.within(1e6)
    clip.write_bytes(b"")
    with pytest.raises(VideoError, match="is empty"):
        Extent.of(clip, job)


def test_a_clip_waits_for_memory(queue: Queue, stylizer: Stylizer, tmp_path: Path) -> None:
    clip = write(tmp_path / "a.mp4", scenes(2))
    add(queue, clip, tmp_path / "c.mp4")
    lease = queue.leases.take("a")
    assert lease is not None
    heart = Heartbeat(queue.leases, lease, lambda: True)
    small = Painter(lambda model: stylizer, room=Room(1e6))
    with pytest.raises(TooLargeError):
        small(queue.job(lease.job), clip, tmp_path / "c.mp4", heart)
    full = Painter(lambda model: stylizer, room=Room(8e9, [7.99e9, 0.0], 1))
    with pytest.raises(AbandonedError, match="before there was memory"):
        full(queue.job(lease.job), clip, tmp_path / "c.mp4", heart)
