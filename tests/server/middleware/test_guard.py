"""Names, keys and other sites' pages."""

from __future__ import annotations

import hashlib

import pytest
from styler_server.settings import Settings

from tests.server.conftest import Serve, picture
from tests.server.test_hostile import problem

pytestmark = pytest.mark.anyio

KEY = "a key of somebody's"
HASH = hashlib.sha256(KEY.encode()).hexdigest()
FORM = {"files": {"content": ("a.png", picture())}, "data": {"preset": "wheatfield"}}


async def test_keys(serve: Serve) -> None:
    async with serve(api_keys=f"{'0' * 64}, {HASH}") as client:
        for header in ("", "Bearer", "Bearer other", f"Basic {KEY}", f"Bearer {HASH}"):
            answer = await client.get("/v1/styles", headers={"Authorization": header})
            problem(answer, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
        refused = await client.post("/v1/stylize", **FORM)
        assert problem(refused, 401) and "content-security-policy" in refused.headers
        problem(await client.get("/metrics"), 401)
        for path in ("/", "/docs", "/livez", "/readyz", "/openapi.json"):
            assert (await client.get(path)).status_code == 200
        own = {"Authorization": f"Bearer {KEY}"}
        assert (await client.post("/v1/stylize", headers=own, **FORM)).status_code == 200


async def test_each_key_has_its_rate(serve: Serve) -> None:
    other = "another"
    keys = f"{HASH},{hashlib.sha256(other.encode()).hexdigest()}"
    async with serve(api_keys=keys, rate="2/minute") as client:
        own, others = ({"Authorization": f"Bearer {key}"} for key in (KEY, other))
        wrong = {"Authorization": "Bearer wrong"}
        for _ in range(3):
            problem(await client.get("/v1/styles", headers=wrong), 401)
        assert (await client.post("/v1/stylize", headers=own, **FORM)).status_code == 200
        assert (await client.get("/v1/styles", headers=own)).status_code == 200
        refused = await client.post("/v1/stylize", headers=own, **FORM)
        assert problem(refused, 429)["type"] == "/docs#too-many-requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await client.get("/v1/styles", headers=others)).status_code == 200
        assert (await client.get("/metrics", headers=own)).status_code == 200


def test_a_rate_is_one_and_has_keys() -> None:
    with pytest.raises(ValueError, match="60/minute"):
        Settings(api_keys=HASH, rate="often")
    with pytest.raises(ValueError, match="no api_keys"):
        Settings(rate="60/minute")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("styler.example", 200),
        ("styler.example:8000", 200),
        ("a.b.example", 200),
        ("b.example", 421),
        ("evil.test", 421),
        ("", 421),
        ("[", 421),
    ],
)
async def test_names(serve: Serve, host: str, status: int) -> None:
    async with serve(hosts="styler.example, *.b.example") as client:
        answer = await client.get("/v1/styles", headers={"Host": host})
        assert answer.status_code == status
        assert (await client.get("/livez", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://server"}, 200),
        ({"Origin": "https://server", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://proxied.example", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://server:81"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_posts_of_other_sites(serve: Serve, headers: dict[str, str], status: int) -> None:
    async with serve() as client:
        answer = await client.post("/v1/stylize", headers=headers, **FORM)
        assert answer.status_code == status
        if status == 403:
            assert problem(answer, 403)["type"] == "/docs#cross-origin"
        assert (await client.get("/v1/styles", headers=headers)).status_code == 200
