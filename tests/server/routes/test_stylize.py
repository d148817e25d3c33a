"""What POST /v1/stylize answers to requests that are in order."""

import io
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import httpx
import numpy as np
import pytest
from PIL import Image

from tests.server.conftest import Gate, Serve, decoded, picture

pytestmark = pytest.mark.anyio


async def paint(client: httpx.AsyncClient, files=None, headers=None, **data) -> httpx.Response:
    files = {"content": ("photo.jpg", picture()), **(files or {})}
    return await client.post("/v1/stylize", files=files, data=data, headers=headers)


async def test_preset_gives_a_png_of_the_same_size(serve: Serve) -> None:
    async with serve() as client:
        response = await paint(client, preset="wheatfield")
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"
    assert decoded(response.content).format == "PNG"
    assert decoded(response.content).size == (24, 16)


async def test_uploaded_style_is_taken(serve: Serve) -> None:
    red = io.BytesIO()
    Image.new("RGB", (9, 9), (255, 0, 0)).save(red, "PNG")
    async with serve() as client:
        response = await paint(client, {"style": ("red.png", red.getvalue())})
    painted = np.asarray(decoded(response.content), float)
    photo = np.asarray(decoded(picture()), float)
    assert np.abs(painted - (photo + np.array([255, 0, 0])) / 2).max() <= 1


@pytest.mark.parametrize("strength", [0, 0.3, 1, 1.5])
async def test_strength_reaches_the_stylizer(serve: Serve, strength: float) -> None:
    async with serve() as client:
        response = await paint(client, preset="great-wave", strength=strength)
    photo = np.asarray(decoded(picture()), float)
    expected = photo + strength / 2 * (40 - photo)
    assert np.abs(np.asarray(decoded(response.content), float) - expected).max() <= 1


async def test_strength_defaults_to_one(serve: Serve) -> None:
    async with serve() as client:
        default = await paint(client, preset="great-wave")
        one = await paint(client, preset="great-wave", strength=1)
        zero = await paint(client, preset="great-wave", strength=0)
    assert default.content == one.content != zero.content


async def test_conditions_are_not_for_what_is_made_anew(serve: Serve, gate: Gate) -> None:
    async with serve() as client:
        first = await paint(client, preset="wheatfield")
        for known in (first.headers["etag"], "*"):
            again = await paint(client, headers={"If-None-Match": known}, preset="wheatfield")
            assert again.status_code == 200 and again.content == first.content
    assert gate.painted == 3


@pytest.mark.parametrize("name", ["png", "jpeg", "webp"])
async def test_format_field(serve: Serve, name: str) -> None:
    async with serve() as client:
        response = await paint(client, preset="wheatfield", format=name)
    assert response.headers["content-type"] == f"image/{name}"
    assert decoded(response.content).format == name.upper()


async def test_accept_decides_without_a_format(serve: Serve) -> None:
    async with serve() as client:
        webp = await paint(client, preset="wheatfield", headers={"Accept": "image/webp"})
        both = await paint(
            client, preset="wheatfield", format="jpeg", headers={"Accept": "image/webp"}
        )
    assert webp.headers["content-type"] == "image/webp"
    assert both.headers["content-type"] == "image/jpeg"
    assert webp.headers["vary"] == "Accept"


async def test_sideways_photo_comes_back_upright_without_its_metadata(serve: Serve) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a maker"
    photo = picture(30, 20, format="JPEG", exif=exif)
    async with serve() as client:
        response = await paint(
            client, {"content": ("p.jpg", photo)}, preset="wheatfield", format="jpeg"
        )
    assert decoded(response.content).size == (20, 30)
    assert not decoded(response.content).getexif()


async def test_transparency_is_kept(serve: Serve) -> None:
    image = Image.new("RGBA", (8, 8), (10, 200, 30, 0))
    image.putpixel((3, 3), (1, 2, 3, 255))
    out = io.BytesIO()
    image.save(out, "PNG")
    async with serve() as client:
        response = await paint(client, {"content": ("p.png", out.getvalue())}, preset="wheatfield")
    painted = decoded(response.content)
    assert painted.mode == "RGBA"
    assert painted.getchannel("A").tobytes() == image.getchannel("A").tobytes()


async def test_same_request_same_bytes(serve: Serve) -> None:
    files = {"style": ("s.png", picture(7, 5))}
    async with serve() as client:
        first, second = await paint(client, files), await paint(client, files)
    async with serve() as client:
        third = await paint(client, files)
    assert first.content == second.content == third.content


async def test_headers(serve: Serve) -> None:
    async with serve() as client:
        response = await paint(client, preset="wheatfield")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"
    assert 'filename="photo-wheatfield.png"' in response.headers["content-disposition"]
    steps = [step.split(";")[0] for step in response.headers["server-timing"].split(", ")]
    assert steps == ["wait", "decode", "style", "stylize", "encode"]


async def test_uploaded_styles_are_computed_once(serve: Serve, gate: Gate) -> None:
    async with serve(style_cache=2) as client:
        for width in (5, 6, 5, 6, 7, 5):  # the 7 pushes out the 5
            await paint(client, {"style": ("s.png", picture(width, 5))})
    assert gate.styled == 4


async def test_no_cache_when_its_size_is_zero(serve: Serve, gate: Gate) -> None:
    async with serve(style_cache=0) as client:
        for _ in range(2):
            assert (await paint(client, {"style": ("s.png", picture())})).status_code == 200
    assert gate.styled == 2


async def test_form_with_no_style_file_chosen_uses_the_preset(serve: Serve) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="p.png"\r\n\r\n'
        + picture()
        + b'\r\n--x\r\nContent-Disposition: form-data; name="style"; filename=""\r\n\r\n\r\n'
        + b'--x\r\nContent-Disposition: form-data; name="preset"\r\n\r\nwheatfield\r\n--x--\r\n'
    )
    async with serve() as client:
        response = await client.post(
            "/v1/stylize",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
    assert response.status_code == 200


async def test_large_uploads_stay_off_the_disk(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    def refuse(*_: object, **__: object) -> None:
        raise OSError("read-only file system")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "_TemporaryFileWrapper", refuse)
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG", compress_level=1)
    assert out.tell() > 2_000_000
    async with serve() as client:
        response = await paint(client, {"content": ("p.png", out.getvalue())}, preset="wheatfield")
    assert response.status_code == 200


async def test_what_of_the_photo_is_not_painted_is_said(serve: Serve) -> None:
    frames = [Image.new("RGB", (24, 16), colour) for colour in ("red", "blue")]
    moving = io.BytesIO()
    frames[0].save(moving, "WEBP", save_all=True, append_images=frames[1:])
    async with serve() as client:
        whole = await paint(client, preset="wheatfield")
        response = await paint(
            client, {"content": ("m.webp", moving.getvalue())}, preset="wheatfield"
        )
    assert "styler-note" not in whole.headers
    assert response.status_code == 200
    assert response.headers["styler-note"] == (
        "content: the first of its 2 frames is painted alone; `styler stylize` paints all"
    )


async def test_a_body_takes_no_thread(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, run_sync = [], anyio.to_thread.run_sync

    async def counted(job: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        taken.append(job)
        return await run_sync(job, *arguments, **options)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)
    async with serve() as client:
        form = await paint(client, preset="wheatfield")
        raw = await client.post(
            "/v1/stylize?preset=wheatfield",
            content=picture(),
            headers={"Content-Type": "image/jpeg"},
        )
    assert form.status_code == raw.status_code == 200
    assert form.content == raw.content
    assert not taken  # each costs two switches
