"""The server around the real stylizer: what it answers is what the library paints."""

from __future__ import annotations

import io
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from styler_server.admission import Cost
from styler_server.pipeline import Order, Pipeline
from styler_server.settings import Settings

import styler
from styler.controls import STRENGTH, Controls
from styler.halt import AbandonedError
from styler.jobs import Job, Recipe, Saving, Task
from tests.server.conftest import Serve, decoded, picture

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(open_pipeline=Pipeline.open, threads=1) as client:
        yield client


async def paint(client: httpx.AsyncClient, content: bytes, **fields: object) -> np.ndarray:
    style = fields.pop("style", None)
    files = {"content": ("a.png", content)} | ({"style": ("b.png", style)} if style else {})
    response = await client.post("/v1/stylize", files=files, data=fields)
    assert response.status_code == 200, response.text
    return np.asarray(decoded(response.content))


async def test_every_preset_that_is_listed_paints(client: httpx.AsyncClient) -> None:
    names = [s["name"] for s in (await client.get("/v1/styles")).json()["styles"]]
    assert names == [info.name for info in styler.presets()]
    api = (await client.get("/openapi.json")).json()
    form = api["components"]["schemas"]["Body_stylize_v1_stylize_post"]["properties"]
    assert set(form["preset"]["examples"][0]) <= set(names)
    assert form["strength"]["maximum"] == STRENGTH.high
    stylizer = styler.Stylizer(threads=1)
    photo = picture(37, 29)
    for name in names:
        expected = stylizer.stylize(np.asarray(decoded(photo)), name)
        assert np.array_equal(await paint(client, photo, preset=name), expected)


async def test_an_uploaded_style_paints_as_in_the_library(client: httpx.AsyncClient) -> None:
    stylizer = styler.Stylizer(threads=1)
    noise = np.random.default_rng(3).integers(0, 256, (40, 50, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG")
    photo = picture(33, 47)
    expected = stylizer.stylize(np.asarray(decoded(photo)), stylizer.style(noise), strength=0.7)
    for _ in range(2):  # computed, then from the cache
        painted = await paint(client, photo, style=out.getvalue(), strength=0.7)
        assert np.array_equal(painted, expected)


def test_an_order_that_nobody_waits_for_is_left() -> None:
    pipeline = Pipeline.open(Settings(threads=1))
    recipe = Recipe(((styler.presets()[0].name, 1.0),))
    order = Order(Job(recipe, (Task(picture(64, 64)),), Saving(format="png")))
    asked = 0

    def abandoned() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    with pytest.raises(AbandonedError):
        pipeline.paint(order, abandoned)
    assert asked == 6
    assert pipeline.paint(order).data


def test_what_an_order_costs() -> None:
    pipeline = Pipeline.open(Settings(threads=1))

    def cost(width: int, height: int, **more: object) -> Cost:
        recipe = Recipe(((styler.presets()[0].name, 1.0),), **more)
        task = Task(picture(width, height))
        return pipeline.cost(Order(Job(recipe, (task,), Saving(format="png"))))

    small, large = cost(64, 64), cost(3000, 2000)
    assert [small.lane, cost(512, 512).lane, large.lane] == [0, 1, 2]
    assert large.painting > small.painting and large.pixels == 6_000_000
    masked = cost(64, 64, masks=(picture(2000, 1000),))
    assert masked.pixels == small.pixels + 2_000_000 and masked.painting > small.painting
    assert masked.held == small.held + len(picture(2000, 1000))
    assert cost(3000, 2000, controls=Controls(canvas=1024)).work > large.work


async def test_strength_zero_returns_the_photo(client: httpx.AsyncClient) -> None:
    photo = picture(31, 18)
    name = styler.presets()[0].name
    assert np.array_equal(
        await paint(client, photo, preset=name, strength=0), np.asarray(decoded(photo))
    )


async def test_transparency_passes_through(client: httpx.AsyncClient) -> None:
    rgba = np.random.default_rng(5).integers(0, 256, (24, 24, 4), np.uint8)
    rgba[:8, :, 3] = 0
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "PNG")
    painted = await paint(client, out.getvalue(), preset=styler.presets()[0].name)
    assert np.array_equal(painted[..., 3], rgba[..., 3])


async def test_the_presets_are_those_of_the_served_model(
    serve: Serve, two_models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "own"))
    async with serve(open_pipeline=Pipeline.open, threads=1, model="other") as client:
        names = [s["name"] for s in (await client.get("/v1/styles")).json()["styles"]]
        assert names == ["blobs"]
        photo = picture(37, 29)
        stylizer = styler.Stylizer("other", threads=1)
        expected = stylizer.stylize(np.asarray(decoded(photo)), "blobs")
        assert np.array_equal(await paint(client, photo, preset="blobs"), expected)


async def test_a_model_without_presets_asks_for_a_picture(
    serve: Serve, two_models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "own"))
    folder = two_models / "other"
    shutil.rmtree(folder / "styles")
    async with serve(open_pipeline=Pipeline.open, threads=1, model=str(folder)) as client:
        assert (await client.get("/v1/styles")).json() == {"styles": []}
        files, data = {"content": ("a.png", picture())}, {"preset": "monet-impression"}
        refused = await client.post("/v1/stylize", files=files, data=data)
        assert refused.status_code == 422
        assert "this model has no presets; send a picture as style" in refused.text
        await paint(client, picture(), style=picture(20, 30))


async def test_presets_of_other_weights_are_not_offered(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own = styler.preset(styler.presets()[0].name).named("own")
    own.save(tmp_path / "own.style")
    replace(own, model="0" * 64).save(tmp_path / "foreign.style")
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path))
    async with serve(open_pipeline=Pipeline.open, threads=1) as client:
        names = [s["name"] for s in (await client.get("/v1/styles")).json()["styles"]]
    assert "own" in names and "foreign" not in names
    assert "a preset is left out" in caplog.text


async def test_a_damaged_style_of_the_users_costs_no_more_than_itself(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "torn.style").write_bytes(b"no style")
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path))
    async with serve(open_pipeline=Pipeline.open, threads=1) as client:
        assert (await client.get("/readyz")).json()["status"] == "READY"
        names = [s["name"] for s in (await client.get("/v1/styles")).json()["styles"]]
    assert "torn" not in names and len(names) >= 12
    assert "torn.style is not a style" in caplog.text
