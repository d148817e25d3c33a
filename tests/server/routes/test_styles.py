"""Styles that are saved, and looked up."""

from __future__ import annotations

import httpx
import numpy as np
import pytest

from tests.server.conftest import Gate, Serve, decoded, picture
from tests.server.test_hostile import PNG, post, problem

pytestmark = pytest.mark.anyio

PAINTING = picture(30, 20)


async def save(client: httpx.AsyncClient, data: bytes = PAINTING, **fields: int) -> httpx.Response:
    return await client.post("/v1/styles", files={"style": ("b.png", data)}, data=fields)


@pytest.fixture(autouse=True)
def styles_of_the_gate(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    class Grey(np.ndarray):
        title = artist = year = None

    plain = gate.style
    monkeypatch.setattr(gate, "style", lambda *a, **k: plain(*a, **k).view(Grey))


async def test_a_saved_style_paints_as_the_picture_does(serve: Serve, gate: Gate) -> None:
    async with serve() as client:
        saved = await save(client)
        assert saved.status_code == 201
        name = saved.json()["name"]
        assert saved.headers["location"] == f"/v1/styles/{name}"
        assert (await client.get(saved.headers["location"])).json()["name"] == name
        painted = await post(client, preset=name)
        files = {"content": ("a.png", PNG), "style": ("b.png", PAINTING)}
        sent = await client.post("/v1/stylize", files=files)
        assert painted.content == sent.content and painted.headers["etag"] == sent.headers["etag"]
        assert gate.styled == 1
        raw = await client.post(
            "/v1/styles", content=PAINTING, headers={"Content-Type": "image/png"}
        )
        assert raw.json()["name"] == name
        other = await save(client, style_size=64)
        assert other.json()["name"] != name and gate.styled == 2


async def test_few_are_kept(serve: Serve) -> None:
    async with serve(style_cache=2) as client:
        names = [(await save(client, picture(30, n))).json()["name"] for n in (20, 21, 22)]
        statuses = [(await client.get(f"/v1/styles/{name}")).status_code for name in names]
        assert statuses == [404, 200, 200]
        assert "none of that name" in problem(await post(client, preset=names[0]), 422)["detail"]


async def test_one_style(serve: Serve) -> None:
    async with serve() as client:
        got = await client.get("/v1/styles/great-wave")
        assert got.json()["artist"] == "Hokusai"
        again = await client.get(
            "/v1/styles/great-wave", headers={"If-None-Match": got.headers["etag"]}
        )
        assert again.status_code == 304
        missing = problem(await client.get("/v1/styles/great-wafe"), 404)
        assert "did you mean 'great-wave'?" in missing["detail"]


@pytest.mark.parametrize(
    ("data", "fields", "status"), [(b"text", {}, 422), (PAINTING, {"style_size": 1}, 422)]
)
async def test_what_cannot_be_saved(
    serve: Serve, data: bytes, fields: dict[str, int], status: int
) -> None:
    async with serve() as client:
        problem(await save(client, data, **fields), status)
        problem(await client.post("/v1/styles", data={"stile": "x"}, files={"a": b"b"}), 422)


async def test_the_photo_may_be_the_body(serve: Serve) -> None:
    async with serve() as client:

        async def send(query: str) -> httpx.Response:
            headers = {"Content-Type": "image/png"}
            return await client.post(f"/v1/stylize?{query}", content=PNG, headers=headers)

        answer = await send("preset=wheatfield&strength=0.5&format=tiff")
        assert answer.status_code == 200, answer.text
        assert decoded(answer.content).format == "TIFF"
        form = await post(client, preset="wheatfield", strength=0.5, format="tiff")
        assert form.content == answer.content
        for query, field in (
            ("preset=wheatfield&strenght=1", "strenght"),
            ("preset=wheatfield&strength=1&strength=1", "strength"),
            ("preset=wheatfield&strength=much", "strength"),
            ("strength=1", "style"),
        ):
            told = problem(await send(query), 422)
            assert [error["field"] for error in told["errors"]] == [field]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"format": "avif", "quality": 50}, 200),
        ({"format": "webp", "lossless": "true"}, 200),
        ({"format": "gif"}, 200),
        ({"format": "png", "bits": 16}, 200),
        ({"format": "jpeg", "exif": "true"}, 200),
        ({"format": "jpeg", "quality": 0}, 422),
        ({"format": "jpeg", "bits": 16}, 422),
        ({"bits": 12}, 422),
        ({"lossless": "perhaps"}, 422),
        ({"format": "bmp"}, 422),
    ],
)
async def test_how_it_is_written(serve: Serve, fields: dict[str, object], status: int) -> None:
    async with serve() as client:
        answer = await post(client, preset="wheatfield", **fields)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert decoded(answer.content).format.lower() == fields["format"]
    else:
        assert len(problem(answer, 422).get("errors", [])) <= 1


async def test_nothing_acceptable(serve: Serve, gate: Gate) -> None:
    async with serve() as client:
        form = {"files": {"content": ("a.png", PNG)}, "data": {"preset": "wheatfield"}}
        headers = {"Accept": "application/json"}
        refused = await client.post("/v1/stylize", headers=headers, **form)
        assert problem(refused, 406)["type"] == "/docs#not-acceptable"
    assert gate.painted == 0
