"""Requests that are broken, oversize or malicious: a typed problem each, never a crash."""

from __future__ import annotations

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from styler_server.settings import Settings

from tests.server.conftest import Gate, Serve, picture

pytestmark = pytest.mark.anyio

PNG = picture()


def problem(response: httpx.Response, status: int) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["title"] and body["detail"]
    assert "\n" not in body["detail"]
    assert "Traceback" not in response.text and ".py" not in response.text
    return body


async def post(client: httpx.AsyncClient, content=PNG, **data) -> httpx.Response:
    files = {} if content is None else {"content": ("photo.png", content)}
    return await client.post("/v1/stylize", files=files or None, data=data)


def png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a picture",
        b"<svg/>",
        PNG[:40],
        PNG[: len(PNG) // 2],
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
    ],
    ids=["empty", "text", "svg", "header only", "half", "jpeg magic", "gif magic"],
)
async def test_broken_content(serve: Serve, gate: Gate, content: bytes) -> None:
    async with serve() as client:
        body = problem(await post(client, content, preset="wheatfield"), 422)
    assert body["detail"].startswith("content")
    assert gate.painted == 0


async def test_broken_style_names_the_style(serve: Serve) -> None:
    async with serve() as client:
        response = await client.post(
            "/v1/stylize", files={"content": ("a.png", PNG), "style": ("b.png", PNG[:50])}
        )
    assert problem(response, 422)["detail"].startswith("style")


@pytest.mark.parametrize("size", [(60_000, 60_000), (2**31 - 1, 2**31 - 1), (50_001, 1000)])
async def test_header_that_claims_too_many_pixels(serve: Serve, size: tuple[int, int]) -> None:
    async with serve() as client:
        response = await post(client, png_claiming(*size), preset="wheatfield")
    assert problem(response, 413)["type"] == "/docs#too-large"


async def test_pixel_cap_holds_for_styles_too_and_is_a_setting(serve: Serve) -> None:
    async with serve(max_pixels=24 * 16) as client:
        assert (await post(client, preset="wheatfield")).status_code == 200
        response = await client.post(
            "/v1/stylize",
            files={"content": ("a.png", PNG), "style": ("b.png", picture(25, 16))},
        )
    problem(response, 413)


async def test_pixels_of_all_pictures_are_counted_together(serve: Serve, gate: Gate) -> None:
    styles = [("style", (f"{n}.png", png_claiming(7000, 7000))) for n in range(7)]
    async with serve() as client:
        files = [("content", ("a.png", PNG)), *styles]
        told = problem(await client.post("/v1/stylize", files=files), 413)
        assert "343 megapixels together" in told["detail"]
    async with serve(pixel_budget=2 * 24 * 16) as client:
        files = [("content", ("a.png", PNG)), ("style", ("b.png", PNG)), ("style", ("c.png", PNG))]
        assert (await client.post("/v1/stylize", files=files[:2])).status_code == 200
        problem(await client.post("/v1/stylize", files=files), 413)
    assert gate.painted == 1


@pytest.mark.parametrize("field", ["style", "mask", "only"])
async def test_memory_counts_styles_and_masks(serve: Serve, gate: Gate, field: str) -> None:
    async with serve(max_memory="500MB") as client:
        files = [("content", ("a.png", PNG)), (field, ("b.png", png_claiming(7000, 7000)))]
        data = {} if field == "style" else {"preset": "wheatfield"}
        told = problem(await client.post("/v1/stylize", files=files, data=data), 413)
    assert "MB of memory" in told["detail"] and "max-memory" not in told["detail"]
    assert gate.painted == 0


async def test_memory_is_a_setting_that_is_held_against_the_header(serve: Serve) -> None:
    async with serve(max_memory="20MB") as client:
        told = problem(await post(client, preset="wheatfield"), 413)
    assert told["type"] == "/docs#too-large" and "MB of memory" in told["detail"]
    with pytest.raises(ValueError, match="700MB"):
        Settings(max_memory="much")


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e9", "-0.1", "1.6", "", "much", "\0"])
async def test_strength_out_of_range(serve: Serve, value: str) -> None:
    async with serve() as client:
        response = await post(client, preset="wheatfield", strength=value)
    if value == "":
        assert response.status_code == 200  # an empty field is an absent one
        return
    assert problem(response, 422)["errors"][0]["field"] == "strength"


async def test_text_in_place_of_a_file_is_one_mistake(serve: Serve) -> None:
    async with serve() as client:
        told = problem(await post(client, style="monet"), 422)
    assert told["errors"] == [{"field": "style.0", "detail": "send a file, with a file name"}]


async def test_missing_fields(serve: Serve) -> None:
    async with serve() as client:
        neither = await post(client)
        nothing = await client.post("/v1/stylize", files={"other": ("a.png", PNG)})
    assert "at least one style" in problem(neither, 422)["detail"]
    assert "content" in {e["field"] for e in problem(nothing, 422)["errors"]}


@pytest.mark.parametrize(
    "name", ["wheatfeld", "../wheatfield", "/etc/passwd", "x" * 5000, "\0", "☃"]
)
async def test_unknown_preset(serve: Serve, gate: Gate, name: str) -> None:
    async with serve() as client:
        response = await post(client, preset=name)
    if len(name) > 4096:
        problem(response, 400)  # longer than any field may be
        return
    detail = problem(response, 422)["detail"]
    assert ("did you mean 'wheatfield'" in detail) == ("wheatf" in name)
    assert gate.painted == 0


async def test_unknown_format_lists_the_known(serve: Serve) -> None:
    async with serve() as client:
        body = problem(await post(client, preset="wheatfield", format="exe"), 422)
    assert "'png'" in body["detail"] and "'webp'" in body["detail"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/mixed; boundary=x", 415),
        ("multipart/form-data; boundary=x; charset=punycode", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=x", 400),
        ("", 415),
    ],
)
async def test_wrong_content_type(serve: Serve, content_type: str, status: int) -> None:
    async with serve() as client:
        response = await client.post(
            "/v1/stylize", content=b'{"content": 1}', headers={"Content-Type": content_type}
        )
    problem(response, status)


async def test_too_many_parts(serve: Serve) -> None:
    async with serve() as client:
        files = [("content", (f"{n}.png", b"x")) for n in range(100)]
        problem(await client.post("/v1/stylize", files=files), 400)


async def test_declared_length_over_the_limit(serve: Serve) -> None:
    async with serve(max_bytes=2000) as client:
        problem(await post(client, PNG + b"\0" * 3000, preset="wheatfield"), 413)
        assert (await post(client, preset="wheatfield")).status_code == 200


@pytest.mark.parametrize("length", [b"\xb2", b"-1", b"9" * 5000, b""])
async def test_a_length_that_is_no_number_does_not_stop_the_counting(
    serve: Serve, length: bytes
) -> None:
    async with serve(max_bytes=2000) as client:
        response = await client.post(
            "/v1/stylize",
            content=b"\0" * 3000,
            headers=[
                (b"Content-Length", length),
                (b"Content-Type", b"multipart/form-data; boundary=x"),
            ],
        )
    problem(response, 413)


async def test_chunked_body_is_counted(serve: Serve) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 1
            yield b"\0" * 1000

    async with serve(max_bytes=20_000) as client:
        response = await client.post(
            "/v1/stylize",
            content=endless(),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
    problem(response, 413)


async def test_slow_upload_is_cut_off(serve: Serve) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
        await asyncio.sleep(0.5)
        yield b"\r\n--x--\r\n"

    async with serve(upload_seconds=0.05) as client:
        response = await client.post(
            "/v1/stylize",
            content=slow(),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        problem(response, 408)
        assert (await client.get("/readyz")).json()["requests"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/stylize", 405),
        ("DELETE", "/v1/styles", 405),
        ("GET", "/page/../app.py", 404),
        ("GET", "/page/..%2fapp.py", 404),
        ("GET", "/page/", 404),
    ],
)
async def test_wrong_address_or_method(serve: Serve, method: str, path: str, status: int) -> None:
    async with serve() as client:
        response = await client.request(method, path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("failure", [ValueError("secret /etc/x"), MemoryError(), KeyError("a")])
async def test_a_failure_inside_says_nothing_and_breaks_nothing(
    serve: Serve, gate: Gate, failure: Exception
) -> None:
    async with serve() as client:
        gate.failure = failure
        response = await post(client, preset="wheatfield")
        problem(response, 413 if isinstance(failure, MemoryError) else 500)
        assert "secret" not in response.text
        gate.failure = None
        assert (await post(client, preset="wheatfield")).status_code == 200


async def test_filename_cannot_break_out_of_its_header(serve: Serve) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="content"; '
        b'filename="..\\..\\a\\"; x=1\x7f\xc3\xa9\xff.png"\r\n\r\n' + PNG + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="preset"\r\n\r\nwheatfield\r\n--x--\r\n'
    )
    async with serve() as client:
        response = await client.post(
            "/v1/stylize",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
    assert response.status_code == 200
    header = response.headers["content-disposition"]
    assert header.count('"') == 2 and "\\" not in header and "/" not in header


@given(st.binary(max_size=300), st.binary(max_size=40))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_in_place_of_a_form(serve: Serve, body: bytes, tail: bytes) -> None:
    async def send() -> None:
        async with serve() as client:
            for content in (body, b"--x\r\n" + body, _form(body), _form(PNG[:60] + body) + tail):
                response = await client.post(
                    "/v1/stylize",
                    content=content,
                    headers={"Content-Type": "multipart/form-data; boundary=x"},
                )
                assert response.status_code in (400, 413, 422), response.text
                assert json.loads(response.text)["status"] == response.status_code

    asyncio.run(send())


def _form(content: bytes) -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="preset"\r\n\r\nwheatfield\r\n'
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
        + content
        + b"\r\n--x--\r\n"
    )
