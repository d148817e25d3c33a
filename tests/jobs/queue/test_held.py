"""A job is kept by itself: what it names may go or change, and it stays what it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from styler import Stylizer
from styler.errors import ImageError, InputError, StyleError
from styler.jobs import Recipe, Task, plan
from styler.jobs.queue import contents, held, identify
from styler.jobs.queue.held import from_text, to_text
from tests.cli.pictures import pixels, save
from tests.jobs.queue.conftest import RECIPE, Ordered


def test_paintings_and_masks_are_taken_in(tmp_path: Path) -> None:
    painting, mask = save(tmp_path / "p.png"), save(tmp_path / "m.png")
    photo = save(tmp_path / "photo.png")
    recipe = Recipe(((str(painting), 1.0),), masks=(str(mask),), only=str(mask))
    job = held(plan(recipe, [str(photo)], str(tmp_path / "out.png")))
    painting.unlink()
    assert isinstance(job.recipe.styles[0][0], bytes)
    assert job.recipe.masks == (mask.read_bytes(),) == (job.recipe.only,)
    assert from_text(to_text(job)) == replace(job, tasks=())


def test_paths_are_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Stylizer(threads=1).style(pixels(), name="own").save("own.style")
    save(Path("photo.png"))
    job = held(plan(Recipe((("own.style", 1.0),)), ["photo.png"], "painted/"))
    assert job.tasks == (Task(tmp_path / "photo.png", tmp_path / "painted" / "photo.png"),)
    assert job.folder == tmp_path / "painted"
    assert job.recipe.styles[0][0] == str(tmp_path / "own.style")
    before = identify(job, contents(job))
    Stylizer(threads=1).style(255 - pixels(), name="own").save("own.style", force=True)
    assert identify(job, contents(job)) != before


def test_what_cannot_be_queued(tmp_path: Path, ordered: Ordered) -> None:
    job = ordered()
    for source, output in ((None, tmp_path / "a.png"), (tmp_path / "a.png", None)):
        with pytest.raises(InputError, match="only files can be queued"):
            held(replace(job, tasks=(Task(source, output),)))
    with pytest.raises(StyleError):
        held(replace(job, recipe=Recipe((("no-such-style", 1.0),))))
    (tmp_path / "text.png").write_text("no picture")
    for recipe in (
        Recipe(((str(tmp_path / "text.png"), 1.0),)),
        Recipe(((b"no picture", 1.0),)),
        replace(RECIPE, only=str(tmp_path / "gone.png")),
    ):
        with pytest.raises(ImageError):
            held(replace(job, recipe=recipe))
    assert isinstance(job.tasks[0].source, Path)
    job.tasks[0].source.unlink()
    with pytest.raises(ImageError, match=r"000\.png: No such file"):
        contents(job)
