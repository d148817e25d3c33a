"""The controls over HTTP: what Python and the command line paint, and an error for each mistake."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from styler_server.app import create_app
from styler_server.pipeline import Pipeline

import styler
from styler.cli.app import run
from styler.controls import KEEP_AMOUNT, STRENGTH, STYLE_SIZE
from tests.server.conftest import Gate, Serve, decoded, picture
from tests.server.test_hostile import PNG, png_claiming, problem

pytestmark = pytest.mark.anyio

PRESETS = [info.name for info in styler.presets()][:2]


def png(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


RAMP = np.linspace(0, 255, 20).astype(np.uint8)[None].repeat(7, 0)
PICTURES = {
    "photo.png": picture(44, 32),
    "painting.png": png(np.random.default_rng(3).integers(0, 256, (40, 50, 3), np.uint8)),
    "left.png": png(255 - RAMP),
    "right.png": png(RAMP),
    "sky.png": png((RAMP.T > 99).astype(np.uint8) * 255),
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in PICTURES.items():
        Path(name).write_bytes(data)


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[httpx.AsyncClient]:
    async with serve(open_pipeline=Pipeline.open, threads=1) as client:
        yield client


async def send(client: httpx.AsyncClient, *fields: tuple[str, Any]) -> httpx.Response:
    """``(name, value)`` are fields of the form; names of ``PICTURES`` are sent as these files."""
    parts = [("content", ("photo.png", PICTURES["photo.png"]))]
    for name, value in fields:
        is_file = isinstance(value, bytes) or value in PICTURES
        data = PICTURES.get(value, value) if is_file else str(value).encode()
        parts.append((name, (f"{name}.png" if is_file else None, data)))
    return await client.post("/v1/stylize", files=parts)


CASES: dict[str, tuple[list[tuple[str, Any]], Any, dict[str, Any]]] = {
    "strength": ([("preset", PRESETS[0]), ("strength", 0.4)], PRESETS[0], {"strength": 0.4}),
    "size": ([("preset", PRESETS[0]), ("size", 30)], PRESETS[0], {"size": 30}),
    "megapixels": ([("preset", PRESETS[0]), ("size", "5e-4MP")], PRESETS[0], {"size": "5e-4MP"}),
    "style_size": (
        [("style", "painting.png"), ("style_size", 24)],
        "painting.png",
        {"style_size": 24},
    ),
    "mixture": (
        [("style", "painting.png"), ("preset", PRESETS[0]), ("weight", 0.3), ("weight", 2)],
        [("painting.png", 0.3), (PRESETS[0], 2)],
        {},
    ),
    **{
        method: (
            [("preset", PRESETS[1]), ("keep_colours", method), ("keep_amount", 0.7)],
            PRESETS[1],
            {"keep_colours": method, "keep_amount": 0.7},
        )
        for method in ("luminance", "coral", "histogram")
    },
    "masks": (
        [("preset", PRESETS[0]), ("preset", PRESETS[1]), ("mask", "left.png"),
         ("mask", "right.png"), ("weight", 1), ("weight", 0.5), ("strength", 1.2)],
        [(PRESETS[0], 1), (PRESETS[1], 0.5)],
        {"masks": ["left.png", "right.png"], "strength": 1.2},
    ),
    "everything": (
        [("style", "painting.png"), ("preset", PRESETS[1]), ("mask", "left.png"),
         ("mask", "right.png"), ("weight", 0.5), ("weight", 1), ("strength", 0.8), ("size", 36),
         ("style_size", 32), ("keep_colours", "coral"), ("keep_amount", 0.5), ("only", "sky.png")],
        [("painting.png", 0.5), (PRESETS[1], 1)],
        {"masks": ["left.png", "right.png"], "strength": 0.8, "size": 36, "style_size": 32,
         "keep_colours": "coral", "keep_amount": 0.5, "only": "sky.png"},
    ),
}  # fmt: skip


def options(style: Any, controls: dict[str, Any]) -> list[str]:
    """The same as arguments of ``styler stylize``."""
    pairs = [(style, 1)] if isinstance(style, str) else style
    words = [part for name, weight in pairs for part in ("--style", f"{name}={weight}")]
    for name, value in controls.items():
        flag = "--" + name.removesuffix("s" if name == "masks" else "").replace("_", "-")
        for one in value if isinstance(value, list) else [value]:
            words += [flag, str(one)]
    return words


@pytest.mark.parametrize("case", CASES)
async def test_python_command_line_and_http_paint_the_same(
    client: httpx.AsyncClient, files: None, case: str
) -> None:
    fields, style, controls = CASES[case]
    painted = styler.Stylizer(threads=1).stylize("photo.png", style, **controls)
    assert run(["stylize", "photo.png", "-o", "out.png", *options(style, controls)]) == 0
    with Image.open("out.png") as image:
        np.testing.assert_array_equal(np.asarray(image), painted)
    response = await send(client, *fields)
    assert response.status_code == 200, response.text
    np.testing.assert_array_equal(np.asarray(decoded(response.content)), painted)
    assert (await send(client, *fields)).content == response.content


@pytest.mark.parametrize("format", ["png", "webp"])
async def test_alpha_is_kept(client: httpx.AsyncClient, format: str) -> None:
    rgba = np.random.default_rng(5).integers(0, 256, (24, 24, 4), np.uint8)
    rgba[:8, :, 3] = 0
    response = await client.post(
        "/v1/stylize",
        files=[("content", ("a.png", png(rgba))), ("only", ("b.png", png(RAMP)))],
        data={"preset": PRESETS[0], "format": format, "keep_colours": "histogram"},
    )
    painted = decoded(response.content)
    assert painted.mode == "RGBA"
    assert np.array_equal(np.asarray(painted)[..., 3], rgba[..., 3])
    if format == "png":
        expected = styler.Stylizer(threads=1).stylize(
            Image.fromarray(rgba), PRESETS[0], keep_colours="histogram", only=RAMP
        )
        np.testing.assert_array_equal(np.asarray(painted), np.asarray(expected))
        np.testing.assert_array_equal(np.asarray(painted)[:8], rgba[:8])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ([("strength", 1.6)], "strength"),
        ([("size", "huge")], "size"),
        ([("size", "0MP")], "size"),
        ([("size", "9" * 4000)], "size"),
        ([("style_size", 15)], "style_size"),
        ([("style_size", 4097)], "style_size"),
        ([("style_size", "many")], "style_size"),
        ([("keep_colours", "sepia")], "keep_colours"),
        ([("keep_amount", "nan")], "keep_amount"),
        ([("keep_amount", 2)], "keep_amount"),
        ([("weight", "nan")], "weight.0"),
        ([("weight", "-1")], "weight.0"),
        ([("weight", 1), ("weight", 1)], "weight"),
        ([("mask", "left.png"), ("mask", "right.png")], "mask"),
        ([("mask", "not a file")], "mask.0"),
        ([("only", "not a file")], "only"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_mistake_names_its_field(
    serve: Serve, gate: Gate, fields: list[tuple[str, Any]], field: str
) -> None:
    async with serve() as client:
        body = problem(await send(client, ("preset", "wheatfield"), *fields), 422)
    assert body["errors"][0]["field"] == field
    assert field.split(".")[0] in body["detail"]
    assert len(body["detail"]) < 300
    assert gate.painted == 0


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"no picture", 422), (PNG[:50], 422), (b"", 422), (png_claiming(60_000, 60_000), 413)],
    ids=["text", "half", "empty", "huge"],
)
async def test_what_is_no_mask(serve: Serve, gate: Gate, data: bytes, status: int) -> None:
    async with serve() as client:
        for field in ("mask", "only"):
            body = problem(await send(client, ("preset", "wheatfield"), (field, data)), status)
            assert body["detail"].startswith(field)
        two = [("preset", "wheatfield"), ("preset", "great-wave"), ("mask", PNG), ("mask", data)]
        assert problem(await send(client, *two), status)["detail"].startswith("mask 2")
    assert gate.painted == 0


async def test_limits_hold_for_masks(serve: Serve) -> None:
    small, large = png(RAMP), png(np.zeros((40, 50), np.uint8))
    preset = ("preset", "wheatfield")
    async with serve(max_pixels=44 * 32, max_bytes=100_000) as client:
        assert (await send(client, preset, ("mask", small))).status_code == 200
        problem(await send(client, preset, ("mask", large)), 413)
        problem(await send(client, preset, ("only", large)), 413)
        problem(await send(client, preset, ("only", small + b"\0" * 100_000)), 413)


async def test_weights_that_are_all_zero(client: httpx.AsyncClient) -> None:
    fields = [("preset", name) for name in PRESETS] + [("weight", 0), ("weight", 0)]
    assert "weights" in problem(await send(client, *fields), 422)["detail"]


async def test_fields_left_empty_are_absent(serve: Serve, gate: Gate) -> None:
    names = (
        "strength", "brushwork", "stroke_size", "boldness", "abstraction", "palette", "contrast",
        "saturation", "size", "canvas", "style_size", "keep_colours", "keep_amount",
    )  # fmt: skip
    async with serve() as client:
        empty = [("preset", "wheatfield"), ("preset", ""), *((name, "") for name in names)]
        response = await send(client, *empty)
    assert response.status_code == 200, response.text
    expected = {"size": None, "keep_colours": None, "style_size": 512, "keep_amount": 1.0}
    expected |= {"brushwork": 1.0, "stroke_size": 1.0, "boldness": 0.0, "palette": 0.8}
    expected |= {"abstraction": 1.0, "contrast": 1.15, "saturation": 1.15}
    expected |= {"canvas": 512, "tile": 512}
    assert gate.controls == {**expected, "masks": None, "only": None}


async def test_a_style_is_remembered_at_each_size(serve: Serve, gate: Gate) -> None:
    async with serve(style_size=64) as client:
        for size in (32, 64, 32, 64):
            style = ("style", "painting.png")
            assert (await send(client, style, ("style_size", size))).status_code == 200
        assert (await send(client, ("style", "painting.png"))).status_code == 200
    assert gate.styled == 2


async def test_the_name_of_the_result_names_all_styles(serve: Serve) -> None:
    async with serve() as client:
        response = await send(client, ("style", "painting.png"), ("preset", "wheatfield"))
    assert "photo-style_wheatfield.png" in response.headers["content-disposition"]


def test_ranges_in_the_description_are_those_of_the_definitions() -> None:
    api = create_app().openapi()
    form = api["components"]["schemas"]["Body_stylize_v1_stylize_post"]["properties"]
    for control in (STRENGTH, KEEP_AMOUNT, STYLE_SIZE):
        field = form[control.name]
        assert (field["minimum"], field["maximum"]) == (control.low, control.high)
        assert field["description"].startswith(control.help)
        assert field.get("default") in (None, control.default)
    assert set(form) == {
        "content", "style", "preset", "weight", "strength", "brushwork", "stroke_size",
        "boldness", "abstraction", "palette", "contrast", "saturation", "size", "canvas",
        "style_size", "keep_colours", "keep_amount",
        "mask", "only", "format", "quality", "lossless", "bits", "exif",
    }  # fmt: skip
    assert all(field["description"] for field in form.values())


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ([("strenght", "0.5")], "strenght", "no such field; did you mean 'strength'?"),
        ([("style[]", "painting.png")], "style[]", "did you mean 'style'?"),
        ([("zzz", "")], "zzz", "the fields are content, style, preset"),
        ([("strength", "0.5"), ("strength", "1")], "strength", "sent 2 times; send it once"),
        ([("keep_colors", "coral"), ("keep_colours", "coral")], "keep_colours", "send it once"),
        ([("x" * 300, "1")], "x" * 100, "no such field"),
    ],
)
async def test_fields_that_would_be_ignored_are_refused(
    serve: Serve, gate: Gate, fields: list[tuple[str, Any]], field: str, words: str
) -> None:
    async with serve() as client:
        answer = problem(await send(client, ("preset", "wheatfield"), *fields), 422)
    assert [error["field"] for error in answer["errors"]] == [field]
    assert words in answer["errors"][0]["detail"] and field in answer["detail"]
    assert gate.painted == 0


async def test_the_address_takes_no_parameters(serve: Serve, gate: Gate) -> None:
    parts = {"content": ("a.png", PNG), "preset": (None, b"wheatfield")}
    async with serve() as client:
        posted = problem(await client.post("/v1/stylize?strength=0.5", files=parts), 422)
        listed = problem(await client.get("/v1/styles?model=other"), 422)
        assert (await client.get("/livez?probe=1")).status_code == 200
    assert posted["errors"][0]["field"] == "strength"
    assert "as a field of the form" in posted["detail"]
    assert listed["errors"][0]["field"] == "model"
    assert gate.painted == 0


async def test_an_empty_weight_is_none(serve: Serve) -> None:
    async with serve() as client:
        answer = await send(client, ("preset", "wheatfield"), ("weight", ""))
    assert answer.status_code == 200, answer.text


async def test_an_amount_of_no_kind_of_colours_is_refused(serve: Serve) -> None:
    async with serve() as client:
        answer = await send(client, ("preset", "wheatfield"), ("keep_amount", 0.5))
    assert "keep_amount has no effect without keep_colours" in problem(answer, 422)["detail"]


async def test_colors_are_colours(serve: Serve, gate: Gate) -> None:
    async with serve() as client:
        answer = await send(client, ("preset", "wheatfield"), ("keep_colors", "coral"))
    assert answer.status_code == 200 and gate.controls["keep_colours"] == "coral"


async def test_a_mask_of_0_and_1_is_black_and_white(client: httpx.AsyncClient, files: None) -> None:
    sky = (RAMP.T > 99).astype(np.uint8)
    answers = [
        await send(client, ("preset", PRESETS[0]), ("only", png(sky * white))) for white in (1, 255)
    ]
    assert answers[0].content == answers[1].content
    assert not np.array_equal(
        np.asarray(decoded(answers[0].content)), decoded(PICTURES["photo.png"])
    )
