"""Presets, health, the page and the description: what is read rather than sent."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import styler_server
from styler_server.pipeline import Pipeline
from styler_server.settings import Settings

from styler.errors import WeightsError
from tests.server.conftest import PRESETS, Gate, Serve, pipeline_of
from tests.server.test_hostile import post, problem

pytestmark = pytest.mark.anyio

PAGE = Path(styler_server.__path__[0]) / "page"


async def test_styles_are_listed_in_the_presets_order(serve: Serve) -> None:
    async with serve() as client:
        response = await client.get("/v1/styles")
    styles = response.json()["styles"]
    assert [s["name"] for s in styles] == list(PRESETS)
    assert styles[1] == {
        "name": "great-wave",
        "title": "The Great Wave off Kanagawa",
        "artist": "Hokusai",
        "year": "1831",
    }


@pytest.mark.parametrize(
    "path", ["/livez", "/readyz", "/v1/styles", "/", "/nowhere", "/v1/stylize"]
)
async def test_head_is_get_without_content(serve: Serve, path: str) -> None:
    async with serve() as client:
        got, asked = await client.get(path), await client.head(path)
    assert asked.status_code == got.status_code
    own = {"x-request-id": ""}
    assert dict(asked.headers) | own == dict(got.headers) | own
    assert got.content and not asked.content


async def test_styles_are_not_sent_twice(serve: Serve) -> None:
    async with serve() as client:
        first = await client.get("/v1/styles")
        tag = first.headers["etag"]
        for known in (tag, f'"other", W/{tag}', "*"):
            again = await client.get("/v1/styles", headers={"If-None-Match": known})
            assert again.status_code == 304 and not again.content
            assert again.headers["etag"] == tag
        other = await client.get("/v1/styles", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


async def test_answers_while_the_model_loads(serve: Serve, gate: Gate) -> None:
    loaded = threading.Event()

    def slowly(settings: Settings) -> Pipeline:
        assert loaded.wait(10)
        return pipeline_of(gate)(settings)

    async with serve(open_pipeline=slowly, wait_ready=False) as client:
        assert (await client.get("/livez")).json() == {"status": "ALIVE"}
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "STARTING")
        refused = await post(client, preset="wheatfield")
        assert problem(refused, 503)["type"] == "/docs#not-ready"
        assert refused.headers["retry-after"] == "1"
        problem(await client.get("/v1/styles"), 503)
        loaded.set()
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
        assert (await post(client, preset="wheatfield")).status_code == 200


@pytest.mark.parametrize("error", [WeightsError("no weights in /secret"), OSError("/secret")])
async def test_says_so_when_the_model_cannot_be_loaded(
    serve: Serve, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(settings: Settings) -> Pipeline:
        raise error

    async with serve(open_pipeline=broken, wait_ready=False) as client:
        while (ready := await client.get("/readyz")).json()["status"] == "STARTING":
            await asyncio.sleep(0.01)
        assert (ready.status_code, ready.json()["status"]) == (503, "FAILED")
        assert (await client.get("/livez")).status_code == 200
        assert "secret" not in problem(await post(client, preset="wheatfield"), 503)["detail"]
    assert "secret" in caplog.text


async def test_the_page_and_its_files_are_served(serve: Serve) -> None:
    async with serve() as client:
        for path in ("/", "/docs"):
            response = await client.get(path)
            assert response.headers["content-type"] == "text/html; charset=utf-8"
            policy = response.headers["content-security-policy"]
            assert "default-src 'none'" in policy and "http" not in policy
            for link in re.findall(r'(?:src|href)="(page/[^"]+)"', response.text):
                assert (await client.get(f"/{link}")).status_code == 200, link
            same = await client.get(path, headers={"If-None-Match": response.headers["etag"]})
            assert same.headers["cache-control"] == "no-cache"
        assert (await client.head("/")).status_code == 200


async def test_the_pages_pictures_are_kept_by_browsers_and_its_code_is_asked_for(
    serve: Serve,
) -> None:
    async with serve() as client:
        for name, kept in (("lake.webp", "max-age=86400"), ("main.js", "no-cache")):
            response = await client.get(f"/page/{name}")
            assert kept in response.headers["cache-control"]


async def test_without_the_page_there_are_the_docs(serve: Serve) -> None:
    async with serve(page=False) as client:
        response = await client.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "docs")


TEXTS = sorted(path.name for path in PAGE.glob("*.*") if path.suffix != ".webp")


@pytest.mark.parametrize("path", TEXTS)
def test_the_page_asks_nobody_else(path: str) -> None:
    text = (PAGE / path).read_text("utf-8")
    text = text.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert not re.search(r"(?:https?:)?//[\w-]+\.", text)
    assert "@import" not in text


async def test_the_description_is_complete(serve: Serve) -> None:
    async with serve() as client:
        api = (await client.get("/openapi.json")).json()
    assert set(api["paths"]) == {
        "/v1/stylize", "/v1/styles", "/v1/styles/{name}", "/livez", "/readyz", "/metrics",
        "/v1/jobs", "/v1/jobs/{id}", "/v1/jobs/{id}/events", "/v1/jobs/{id}/results/{number}",
    }  # fmt: skip
    stylize = api["paths"]["/v1/stylize"]["post"]
    assert set(stylize["responses"]) == {
        "200", "400", "401", "403", "406", "408", "413", "415", "421", "422", "429", "500", "503",
    }  # fmt: skip
    assert set(stylize["responses"]["200"]["content"]) == {
        f"image/{name}" for name in ("png", "jpeg", "webp", "avif", "tiff", "gif")
    } | {"text/event-stream"}
    body = stylize["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert body["anyOf"] == [{"required": ["style"]}, {"required": ["preset"]}]
    for reference in set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(api))):
        assert reference in api["components"]["schemas"]
    for status, response in stylize["responses"].items():
        if status != "200":
            (example, *_) = response["content"]["application/problem+json"]["examples"].values()
            assert example["value"]["status"] == int(status)
    assert "HTTPValidationError" not in json.dumps(api)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLER_QUEUE", "3")
    monkeypatch.setenv("STYLER_MAX_PIXELS", "1000")
    monkeypatch.setenv("STYLER_HOST", "0.0.0.0")  # somebody else's
    assert (Settings().queue, Settings().max_pixels) == (3, 1000)
    monkeypatch.setenv("STYLER_QUEUE", "-1")
    with pytest.raises(ValueError, match="queue"):
        Settings()


def test_importing_the_server_loads_no_network() -> None:
    code = (
        "import sys, styler_server.app as a; a.create_app();"
        "print([m for m in ('torch', 'onnxruntime') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert result.stdout.strip() == "[]", result.stderr
