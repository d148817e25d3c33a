"""What a job would cost, and what it would do."""

import json
from pathlib import Path

from tests.cli.conftest import Call
from tests.cli.pictures import STYLIZE, photos, save


def test_dry_run_paints_nothing_and_says_what_it_would_cost(call: Call) -> None:
    photos(2)
    save(Path("photos/sideways.jpg"), 40, 20, exif=orientation(6))
    Path("photos/broken.jpg").write_text("no picture")
    told = call(*STYLIZE, "--dry-run")
    assert told.code == 0 and not Path("painted").exists()
    assert "20x40" in told.out and "broken.jpg: " in told.out
    assert "3 to paint, about" in told.out and "; 1 would fail" in told.out
    lines = [json.loads(x) for x in call(*STYLIZE, "--dry-run", "--json").out.splitlines()]
    small, large = (call(*STYLIZE, "--dry-run", "--json", "--size", s).out for s in ("8", "40"))
    assert json.loads(small.splitlines()[0])["width"] == 8
    assert json.loads(large.splitlines()[0])["width"] == 40
    assert {line["status"] for line in lines} == {"planned", "failed"}
    assert all(line["seconds"] >= 0 for line in lines if line["status"] == "planned")


def test_dry_run_knows_what_is_done_and_what_would_be_refused(call: Call) -> None:
    photos(3)
    call(*STYLIZE)
    Path("painted/1/001.jpg").unlink()
    told = call(*STYLIZE, "--dry-run")
    assert told.code == 0 and "1 to paint" in told.out and "; 2 there already" in told.out
    lines = [json.loads(line) for line in call(*STYLIZE, "--dry-run", "--json").out.splitlines()]
    assert [line["status"] for line in lines] == ["skipped", "planned", "skipped"]
    refused = call(*STYLIZE, "--strength", 0.3, "--dry-run")
    assert refused.code == 2 and "--force" in refused.err


def test_dry_run_tells_what_the_header_tells(call: Call) -> None:
    save(Path("photos/a.jpg"))
    path = save(Path("photos/bomb.bmp"))
    data = path.read_bytes()
    path.write_bytes(data[:18] + (30_000).to_bytes(4, "little") * 2 + data[26:])
    told = call(*STYLIZE, "--dry-run")
    assert told.code == 0 and "photos/bomb.bmp: 30000x30000 is 900.0 megapixels" in told.out
    told = call(*STYLIZE, "--dry-run", "--max-pixels", 1000)
    assert told.code == 0 and "photos/a.jpg: 48x32" in told.out and "; 2 would fail" in told.out


def orientation(value: int) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = value
    return exif.tobytes()
