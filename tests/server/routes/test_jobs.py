"""Jobs over HTTP: taken, followed, fetched in ranges, removed; each client's are its own."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from tests.server.conftest import Gate, Serve, decoded, picture
from tests.video import clips

pytestmark = pytest.mark.anyio

Jobs = Any


@pytest.fixture
def jobs(serve: Serve, tmp_path: Path) -> Jobs:
    """A server that takes jobs."""

    def serving(**values: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        return serve(job_folder=str(tmp_path / "jobs"), **values)

    return serving


async def post(client: httpx.AsyncClient, *photos: bytes, **fields: Any) -> httpx.Response:
    sent = [("content", (f"lake {n}.png", photo)) for n, photo in enumerate(photos)]
    headers = fields.pop("headers", {})
    data = {"preset": "great-wave", **fields}
    return await client.post("/v1/jobs", files=sent, data=data, headers=headers)


async def over(client: httpx.AsyncClient, address: str, **options: Any) -> dict[str, Any]:
    for _ in range(400):
        job: dict[str, Any] = (await client.get(address, **options)).json()
        if job["finished"]:
            return job
        await asyncio.sleep(0.02)
    raise AssertionError(job)


@asynccontextmanager
async def done(jobs: Jobs, **values: Any) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    async with jobs(**values) as client:
        answer = await post(client, picture())
        await over(client, answer.headers["location"])
        yield client, answer.headers["location"]


async def test_taken_painted_and_fetched(jobs: Jobs, gate: Gate) -> None:
    async with jobs() as client:
        gate.open.clear()
        answer = await post(client, picture(), picture(30, 20), strength="0.5", format="jpeg")
        assert answer.status_code == 202
        job, address = answer.json(), answer.headers["location"]
        assert address == f"/v1/jobs/{job['id']}"
        assert (job["state"] in ("queued", "running"), job["total"], job["done"]) == (True, 2, 0)
        early = await client.get(f"{address}/results/0")
        assert (early.status_code, early.json()["type"]) == (404, "/docs#no-such-job")
        gate.open.set()
        job = await over(client, address)
        assert (job["state"], job["progress"], job["done"]) == ("done", 1.0, 2)
        assert job["expires"] > job["finished"] > job["created"]
        second = job["results"][1]
        assert (second["name"], second["width"], second["height"]) == ("lake_1.jpg", 30, 20)
        result = await client.get(second["href"])
        assert result.headers["content-type"] == "image/jpeg"
        assert decoded(result.content).size == (30, 20)


async def test_the_pixels_are_those_of_stylize(jobs: Jobs) -> None:
    photo, style = picture(), picture(10, 10, mode="L")
    async with jobs() as client:
        files = {"content": photo, "style": style, "only": picture(4, 4, mode="L")}
        at_once = await client.post("/v1/stylize", files=files)
        answer = await client.post("/v1/jobs", files=files)
        address = answer.headers["location"]
        await over(client, address)
        result = await client.get(f"{address}/results/0")
        assert result.content == at_once.content


async def test_the_same_job_has_the_same_address(jobs: Jobs, gate: Gate) -> None:
    async with done(jobs) as (client, address):
        assert gate.painted == 1
        again = await post(client, picture())
        assert (again.status_code, again.headers["location"]) == (202, address)
        assert again.json()["state"] == "done"
        other = await post(client, picture(), strength="0.7")
        assert other.headers["location"] != address
        await over(client, other.headers["location"])
        assert gate.painted == 2


async def test_what_failed_is_tried_when_it_is_sent_again(jobs: Jobs, gate: Gate) -> None:
    from styler.errors import ImageError

    async with jobs() as client:
        gate.failure = ImageError("content: damaged at its end")
        address = (await post(client, picture())).headers["location"]
        job = await over(client, address)
        assert job["state"] == "failed"
        assert job["results"][0]["error"] == "content: damaged at its end"
        gate.failure = None
        assert (await post(client, picture())).headers["location"] == address
        assert (await over(client, address))["state"] == "done"


async def test_ranges(jobs: Jobs) -> None:
    async with done(jobs) as (client, address):
        whole = await client.get(f"{address}/results/0")
        assert whole.headers["accept-ranges"] == "bytes"
        size = len(whole.content)
        part = await client.get(f"{address}/results/0", headers={"Range": f"bytes=9-{size}"})
        assert (part.status_code, part.content) == (206, whole.content[9:])
        assert part.headers["content-range"] == f"bytes 9-{size - 1}/{size}"
        tag = {"Range": "bytes=0-3", "If-Range": whole.headers["etag"]}
        assert (await client.get(f"{address}/results/0", headers=tag)).status_code == 206
        tag["If-Range"] = '"another"'
        assert (await client.get(f"{address}/results/0", headers=tag)).status_code == 200
        beyond = await client.get(f"{address}/results/0", headers={"Range": f"bytes={size}-"})
        assert beyond.status_code == 416
        assert beyond.headers["content-range"] == f"bytes */{size}"
        assert beyond.json()["type"] == "/docs#range-not-satisfiable"
        odd = await client.get(f"{address}/results/0", headers={"Range": "bytes=nonsense"})
        assert (odd.status_code, odd.json()["type"]) == (400, "/docs#unreadable-request")
        head = await client.head(f"{address}/results/0")
        assert (head.status_code, head.content) == (200, b"")
        assert int(head.headers["content-length"]) == size


async def test_followed_by_events(jobs: Jobs, gate: Gate) -> None:
    async with jobs() as client:
        gate.open.clear()
        address = (await post(client, picture(), picture(30, 20))).headers["location"]
        opening = asyncio.get_running_loop().call_later(0.3, gate.open.set)
        answer = await client.get(f"{address}/events", timeout=20)
        opening.cancel()
        assert answer.headers["content-type"].startswith("text/event-stream")
        blocks = [block.splitlines() for block in answer.text.strip().split("\n\n")]
        told = [(lines[0], json.loads(lines[1].removeprefix("data: "))) for lines in blocks]
        assert [name for name, _ in told[:-1]] == ["event: progress"] * (len(told) - 1)
        assert told[-1][0] == "event: done"
        assert told[-1][1] == (await client.get(address)).json()
        assert len((await client.get(f"{address}/events")).text.strip().split("\n\n")) == 1


async def test_removed(jobs: Jobs, gate: Gate, tmp_path: Path) -> None:
    async with jobs() as client:
        gate.open.clear()
        address = (await post(client, picture())).headers["location"]
        assert await asyncio.to_thread(gate.entered.wait, 10)
        following = asyncio.create_task(client.get(f"{address}/events"))
        await asyncio.sleep(0.1)
        gone = await client.delete(address)
        assert (gone.status_code, gone.content) == (204, b"")
        gate.open.set()
        assert (await following).text.strip().endswith("event: removed\ndata: {}")
        for method, at in (("GET", address), ("DELETE", address), ("GET", f"{address}/events")):
            answer = await client.request(method, at)
            assert (answer.status_code, answer.json()["type"]) == (404, "/docs#no-such-job")
        await over(client, (await post(client, picture(9, 9))).headers["location"])
        left = [path.name for path in (tmp_path / "jobs").iterdir() if path.is_dir()]
        assert address.rpartition("/")[2] not in left


async def test_each_key_has_its_own(jobs: Jobs) -> None:
    keys = ["first", "second"]
    hashes = ",".join(hashlib.sha256(key.encode()).hexdigest() for key in keys)
    mine, other = ({"Authorization": f"Bearer {key}"} for key in keys)
    async with jobs(api_keys=hashes) as client:
        assert (await post(client, picture())).status_code == 401
        address = (await post(client, picture(), headers=mine)).headers["location"]
        await over(client, address, headers=mine)
        for method, at in (("GET", address), ("DELETE", address), ("GET", f"{address}/results/0")):
            assert (await client.request(method, at, headers=other)).status_code == 404
        theirs = await post(client, picture(), headers=other)
        assert theirs.headers["location"] != address


async def test_without_a_folder_there_are_none(serve: Serve) -> None:
    async with serve() as client:
        for method, at in (("POST", ""), ("GET", "/x"), ("GET", "/x/events"), ("DELETE", "/x")):
            answer = await client.request(method, f"/v1/jobs{at}")
            assert (answer.status_code, answer.json()["type"]) == (404, "/docs#no-jobs")


@pytest.mark.parametrize(
    ("photo", "fields", "status", "kind"),
    [
        (b"no picture", {}, 422, "invalid-input"),
        (picture(), {"preset": "../../secret.style"}, 422, "invalid-input"),
        (picture(), {"preset": ""}, 422, "invalid-input"),
        (picture(), {"weight": ["1", "2"]}, 422, "invalid-input"),
        (picture(), {"quality": "0"}, 422, "invalid-input"),
        (picture(), {"nonsense": "1"}, 422, "invalid-input"),
        (picture(), {"webhook": "http://elsewhere.example/"}, 422, "invalid-input"),
        (picture(3000, 400), {}, 413, "too-large"),
    ],
    ids=["photo", "path", "none", "weights", "quality", "unknown", "webhook", "size"],
)
async def test_mistakes_are_told_at_once(
    jobs: Jobs, photo: bytes, fields: dict[str, Any], status: int, kind: str, tmp_path: Path
) -> None:
    async with jobs(max_pixels=1_000_000, webhook_hosts="told.example") as client:
        answer = await post(client, photo, **fields)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/docs#{kind}")
    assert not [path for path in (tmp_path / "jobs").iterdir() if path.is_dir()]


async def test_names_of_files_are_no_paths(jobs: Jobs, tmp_path: Path) -> None:
    async with jobs() as client:
        files = {"content": ("../../\u202e/..\\é\x07" + "x" * 300 + ".png", picture())}
        answer = await client.post("/v1/jobs", files=files, data={"preset": "great-wave"})
        job = await over(client, answer.headers["location"])
        assert job["state"] == "done"
    (folder,) = [path for path in (tmp_path / "jobs").iterdir() if path.is_dir()]
    assert {path.name[:2] for path in folder.iterdir()} == {"0-", ".s"}


async def test_saved_styles_outlive_the_process(jobs: Jobs, tmp_path: Path) -> None:
    """What a job paints by is kept with it: here as `styler.Style`, of the real network."""
    from styler_server.pipeline import Pipeline
    from styler_server.settings import Settings

    from styler import Stylizer

    def real(settings: Settings) -> Pipeline:
        return Pipeline(Stylizer(threads=1), {}, settings)

    values = {"open_pipeline": real, "style_cache": 1}
    async with jobs(job_painting=False, **values) as client:
        saved = (await client.post("/v1/styles", files={"style": picture()})).json()["name"]
        answer = await post(client, picture(40, 30), preset=saved)
        assert answer.status_code == 202, answer.text
    async with jobs(**values) as client:
        job = await over(client, answer.headers["location"])
        assert job["state"] == "done"
        result = await client.get(job["results"][0]["href"])
        assert np.asarray(decoded(result.content)).shape == (30, 40, 3)


async def post_clip(client: httpx.AsyncClient, path: Path, **fields: Any) -> httpx.Response:
    files = {"content": ("lake at dawn.MOV", path.read_bytes())}
    return await client.post("/v1/jobs", files=files, data={"preset": "great-wave", **fields})


async def test_a_clip_is_painted_and_fetched(jobs: Jobs, tmp_path: Path, gate: Gate) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(6), sound=True)
    async with jobs() as client:
        gate.open.clear()
        answer = await post_clip(client, clip, crf="20")
        assert answer.status_code == 202, answer.text
        address = answer.headers["location"]
        assert await asyncio.to_thread(gate.entered.wait, 10)
        gate.open.set()
        job = await over(client, address)
        (result,) = job["results"]
        assert (job["state"], result["error"], result["note"]) == ("done", None, None)
        assert (result["frames"], result["painted"], result["progress"]) == (6, 6, 1.0)
        assert (result["name"], result["width"]) == ("lake_at_dawn.mp4", 48)
        whole = await client.get(result["href"])
        assert whole.headers["content-type"] == "video/mp4"
        part = await client.get(result["href"], headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        painted = tmp_path / "painted.mp4"
        painted.write_bytes(whole.content)
        assert clips.shown(painted)[0] == clips.shown(clip)[0]
        np.testing.assert_array_equal(clips.sound(painted), clips.sound(clip))
        kept = sorted(path.name for path in (tmp_path / "jobs" / job["id"]).iterdir())
        assert kept == [".styler.jsonl", "0-lake_at_dawn-clip", "0-lake_at_dawn.mp4"]


@pytest.mark.parametrize(
    ("format", "media", "seconds"),
    [("webm", "video/webm", None), ("mov", "video/quicktime", None), ("mkv", "video/matroska", 0.1),
     ("gif", "image/gif", None)],
)  # fmt: skip
async def test_formats_and_previews_of_clips(
    jobs: Jobs, tmp_path: Path, format: str, media: str, seconds: float | None
) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(4))
    async with jobs() as client:
        fields = {} if seconds is None else {"preview": str(seconds)}
        answer = await post_clip(client, clip, format=format, **fields)
        (result,) = (await over(client, answer.headers["location"]))["results"]
        assert (result["state"], result["frames"]) == ("done", 3 if seconds else 4), result
        assert (await client.get(result["href"])).headers["content-type"] == media


async def test_photos_and_clips_in_one_job(jobs: Jobs, tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(2))
    async with jobs() as client:
        sent = [("content", ("lake.png", picture())), ("content", ("lake", clip.read_bytes()))]
        answer = await client.post("/v1/jobs", files=sent, data={"preset": "great-wave"})
        job = await over(client, answer.headers["location"])
        assert [result["name"] for result in job["results"]] == ["lake.png", "lake.mp4"]
        assert [result["frames"] for result in job["results"]] == [None, 2]


@pytest.mark.parametrize(
    ("fields", "status", "detail"),
    [
        ({}, 413, "0-lake_at_dawn-clip: runs 0.2 s, over the limit of 0.1; send a shorter clip, or "
         "preview=0.1"),
        ({"preview": "0.1"}, 413, "0-lake_at_dawn-clip: its frames of 48x32 are over the limit of "
         "0.001 megapixels; send size=38, or a smaller clip"),
        ({"preview": "0"}, 422, "preview: Input should be greater than 0"),
        ({"crf": "64"}, 422, "crf: Input should be less than or equal to 63"),
        ({"crf": "20", "format": "gif"}, 422, "crf has no effect on .gif; leave it out"),
        ({"quality": "80"}, 422, "quality is of pictures, and there are none; leave it out"),
        ({"format": "jpeg"}, 422, "0-lake_at_dawn.jpg: has none of the endings .mp4, .m4v, .mov, "
         ".mkv, .webm, .gif, .webp, .png, .apng, .avif"),
    ],
)  # fmt: skip
async def test_clips_that_are_not_taken(
    jobs: Jobs, tmp_path: Path, fields: dict[str, str], status: int, detail: str
) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(5))
    async with jobs(clip_seconds=0.1, clip_pixels=1000) as client:
        answer = await post_clip(client, clip, **fields)
        assert (answer.status_code, answer.json()["detail"]) == (status, detail)
        taken = await post_clip(client, clip, preview="0.1", size="38")
        assert taken.status_code == 202, taken.text
        assert (await over(client, taken.headers["location"]))["state"] == "done"


async def test_what_is_no_clip_leaves_nothing(jobs: Jobs, tmp_path: Path) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(2))
    clip.write_bytes(clip.read_bytes()[:200])
    async with jobs() as client:
        answer = await post_clip(client, clip)
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("0-lake_at_dawn-clip: is no clip that can be")
        still = await post(client, picture(), format="mp4")
        assert (still.status_code, "is a picture" in still.json()["detail"]) == (422, True)
        photo = await post(client, picture(), preview="1")
        detail = "preview is of clips, and there are none; leave it out"
        assert (photo.status_code, photo.json()["detail"]) == (422, detail)
        assert not [path for path in (tmp_path / "jobs").iterdir() if path.is_dir()]


async def test_progress_of_a_clip_tells_frames_and_it_can_be_removed(
    jobs: Jobs, tmp_path: Path, gate: Gate
) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(100))
    async with jobs() as client:
        address = (await post_clip(client, clip)).headers["location"]
        while True:
            (result,) = (await client.get(address)).json()["results"]
            if result["painted"]:
                break
            await asyncio.sleep(0.02)
        gate.open.clear()
        assert result["frames"] == 100 and 0 < result["progress"] <= 1
        assert (await client.delete(address)).status_code == 204
        gate.open.set()
        before = gate.painted
        await asyncio.sleep(1.5)
        settled = gate.painted
        await asyncio.sleep(0.2)
        assert (gate.painted, settled - before < 90) == (settled, True)
        assert not (tmp_path / "jobs" / address.rpartition("/")[2]).exists()


async def test_clips_need_their_extra(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = clips.write(tmp_path / "a.mp4", clips.scenes(2))
    monkeypatch.setitem(sys.modules, "av", None)
    async with jobs() as client:
        answer = await post_clip(client, clip)
        assert (answer.status_code, answer.json()["type"]) == (415, "/docs#unsupported-media-type")
        assert 'pip install "styler[video]"' in answer.json()["detail"]
        assert (await post(client, picture())).status_code == 202
