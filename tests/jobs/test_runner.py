"""Folders: killed and resumed, painted anew, never painted over."""

import contextlib
import errno
import os
import pty
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from styler import imaging
from styler.files import TEMPORARY_SUFFIX
from styler.jobs import Job, Need, Outcome, Runner, Task, memory, runner
from tests.cli.conftest import Call
from tests.cli.pictures import STYLIZE, photos, read, save


def outputs() -> dict[str, int]:
    return {str(p): p.stat().st_ino for p in Path("painted").rglob("*.jpg")}


# Kills the process itself at the N-th time that something happens.
KILLED = """
import os, signal, sys
from styler.jobs import ledger
from styler.cli.app import run
from styler import files

def at(owner, name, after, count):
    original = getattr(owner, name)
    def wrapped(*arguments, **options):
        nonlocal count
        count -= 1
        if count == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*arguments, **options)
        if count == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, wrapped)

owner, name, when, count = sys.argv[1:5]
at({"ledger": ledger.Ledger, "files": files}[owner], name, when == "after", int(count))
run(sys.argv[5:])
"""


def test_killed_at_every_step_and_resumed(call: Call) -> None:
    photos(12)
    kept: dict[str, int] = {}
    for owner, name, when, count in (
        ("ledger", "begin", "before", 2),
        ("ledger", "begin", "after", 3),
        ("files", "write_bytes", "before", 1),
        ("files", "place", "before", 2),
        ("files", "place", "after", 2),
        ("files", "write_bytes", "after", 2),
    ):
        command = [sys.executable, "-c", KILLED, owner, name, when, str(count), *STYLIZE]
        killed = subprocess.run(command, capture_output=True, text=True)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert kept.items() <= outputs().items(), "what was painted is not painted again"
        assert len(outputs()) == len(kept) + count - (when == "before" or owner == "ledger")
        kept = outputs()
        for path in kept:
            assert read(path).shape == (32, 48, 3)
    done = call(*STYLIZE)
    assert done.code == 0 and f"{len(kept)} skipped" in done.err
    assert len(outputs()) == 12 and kept.items() <= outputs().items()


@pytest.mark.slow
def test_a_thousand_photos_killed_five_times(call: Call) -> None:
    photos(1000)
    command = [sys.executable, "-m", "styler.cli", *STYLIZE]
    kept: dict[str, int] = {}
    for lines in np.random.default_rng(0).integers(20, 200, 5):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        painted = 0
        while painted < lines:
            painted += " -> " in process.stderr.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.stderr.close()
        assert process.wait() == -signal.SIGKILL
        assert kept.items() <= outputs().items()
        kept = outputs()
    assert call(*STYLIZE).code == 0
    assert len(outputs()) == 1000 and kept.items() <= outputs().items()
    for path in outputs():
        assert read(path).shape == (32, 48, 3)


def test_pictures_of_other_settings_are_in_the_way_unless_forced(call: Call) -> None:
    photos(3)
    assert call(*STYLIZE).code == 0
    before = {path: read(path) for path in outputs()}
    refused = call(*STYLIZE, "--strength", 0.3)
    assert refused.code == 2
    assert "and 2 more" in refused.err and "--force" in refused.err
    forced = call(*STYLIZE, "--strength", 0.3, "--force")
    assert forced.code == 0 and "3 painted" in forced.err
    assert all(not np.array_equal(read(path), before[path]) for path in before)
    assert "3 skipped" in call(*STYLIZE, "--strength", 0.3, "--force").err


def test_pictures_of_unknown_origin_are_never_overwritten(call: Call) -> None:
    photos(2)
    mine = save(Path("painted/0/000.jpg"), seed=9)
    content = mine.read_bytes()
    assert call(*STYLIZE).code == 2
    assert mine.read_bytes() == content
    assert not Path("painted/1").exists(), "nothing is painted before all is clear"


def test_a_changed_photo_is_not_done(call: Call) -> None:
    photos(2)
    call(*STYLIZE)
    save(Path("photos/0/000.jpg"), 60, 20)
    assert call(*STYLIZE).code == 2
    assert call(*STYLIZE, "--force").err.count("1 painted, 1 skipped") == 1
    assert read("painted/0/000.jpg").shape == (20, 60, 3)


def test_what_a_kill_left_is_swept_once_it_is_old(call: Call) -> None:
    photos(1)
    old, new = (save(Path(f"painted/0/{name}.png")) for name in ("old", "new"))
    for path in (old, new):
        path.rename(path.with_name(f".{path.stem}{TEMPORARY_SUFFIX}"))
    os.utime(f"painted/0/.old{TEMPORARY_SUFFIX}", (0, 0))
    assert call(*STYLIZE).code == 0
    left = sorted(path.name for path in Path("painted/0").iterdir())
    assert left == [f".new{TEMPORARY_SUFFIX}", "000.jpg"]


def test_what_a_kill_left_is_swept_when_the_next_job_ends(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos(1)
    left = Path(f"painted/.left{TEMPORARY_SUFFIX}")
    left.parent.mkdir()
    left.touch()
    paint = Runner.paint

    def slow(self: Runner, job: Job, task: Task) -> Outcome:
        os.utime(left, (0, 0))
        return paint(self, job, task)

    monkeypatch.setattr(Runner, "paint", slow)
    assert call(*STYLIZE).code == 0 and not left.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_ends_the_job_in_one_line(
    call: Call, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos(4)
    fsync, left = os.fsync, 1

    def full(file: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(number, os.strerror(number))
        fsync(file)

    monkeypatch.setattr(os, "fsync", full)
    stopped = call(*STYLIZE)
    assert stopped.code == 1 and "1 painted" in stopped.err
    assert stopped.err.count(os.strerror(number)) == 1 and len(outputs()) == 1
    stopped = call(*STYLIZE, "--json")
    assert stopped.code == 1 and os.strerror(number) in stopped.out.splitlines()[-1]


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos(3)
    monkeypatch.setattr(Runner, "paint", None)  # any work would fail

    def refuse(*_: object, dir: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    for arguments in (STYLIZE, ("stylize", "photos/0/*.jpg", "photos/1/*.jpg", "-s", "night")):
        refused = call(*arguments)
        assert refused.code == 2 and refused.err.count("\n") == 1
        assert "cannot be written (Permission denied)" in refused.err
    Path("file").touch()
    refused = call(*STYLIZE[:-1], "file/painted")
    assert refused.code == 2 and refused.err.count("\n") == 1 and "file/painted" in refused.err


def test_a_terminal_gets_a_bar_and_a_summary(call: Call) -> None:
    photos(3)
    Path("photos/broken.jpg").write_text("no picture")
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "styler.cli", *STYLIZE]
    process = subprocess.Popen(command, stderr=child, stdout=subprocess.PIPE)
    os.close(child)
    shown = b""
    with contextlib.suppress(OSError):  # how a terminal ends
        while block := os.read(parent, 4096):
            shown += block
    os.close(parent)
    assert process.stdout is not None and process.stdout.read() == b""
    process.stdout.close()
    assert process.wait() == 1
    assert b"4/4" in shown and b"pictures/s" in shown
    assert b"3 painted, 1 failed" in shown and b"broken.jpg" in shown
    assert b" -> " not in shown, "no line per picture besides the bar"


def test_transparency_and_16_bits_come_through(call: Call) -> None:
    from PIL import Image

    alpha = Image.new("L", (48, 32), 255)
    alpha.paste(0, (0, 0, 20, 32))
    source = Image.open(save(Path("photo.png")))
    source.putalpha(alpha)
    source.save("photo.png")
    assert call("stylize", "photo.png", "-s", "night", "-o", "out.png", "--size", 24).code == 0
    with Image.open("out.png") as painted:
        assert painted.mode == "RGBA" and painted.size == (24, 16)
        assert painted.getpixel((2, 8))[3] == 0 and painted.getpixel((20, 8))[3] == 255
    assert call("stylize", "photo.png", "-s", "night", "-o", "deep.png", "--bits", 16).code == 0
    assert Path("deep.png").read_bytes()[24] == 16, "bit depth in the PNG header"


@pytest.mark.parametrize("flag", ["--exif", "--strip"])
def test_exif_is_kept_or_stripped(call: Call, flag: str) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x010E] = "a note"
    save(Path("photo.jpg"), exif=exif.tobytes())
    assert call("stylize", "photo.jpg", "-s", "night", "-o", "out.jpg", flag).code == 0
    with Image.open("out.jpg") as painted:
        assert (painted.getexif().get(0x010E) == "a note") is (flag == "--exif")


@pytest.mark.parametrize("extension", ["jpg", "png"])
def test_what_goes_by_way_of_the_disk_is_painted_alike(
    call: Call, monkeypatch: pytest.MonkeyPatch, extension: str
) -> None:
    save(Path(f"a.{extension}"), 70, 50, exif=sideways())
    common = ("stylize", f"a.{extension}", "--style", "night", "--threads", 1)
    assert call(*common, "-o", "memory.png").code == 0
    kept: list[bool] = []
    original = imaging.read

    def reading(*arguments: Any, **options: Any) -> imaging.Picture:
        kept.append(options["disk"])
        return original(*arguments, **options)

    monkeypatch.setattr(imaging, "read", reading)
    monkeypatch.setattr(Need, "within", lambda self, *_: replace(self, ways=self.ways[-1:]))
    assert call(*common, "-o", "disk.png", "--max-memory", "8GB").code == 0
    assert kept == [True] and read("disk.png").shape == (70, 50, 3)
    assert Path("disk.png").read_bytes() == Path("memory.png").read_bytes()


def test_too_little_memory_is_told_before_a_photo_is_decoded(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(Path("a.jpg"))
    monkeypatch.setattr(imaging, "read", None)
    told = call("stylize", "a.jpg", "--style", "night", "-o", "b.png", "--max-memory", "40MB")
    assert told.code == 2 and not Path("b.png").exists()
    assert "a.jpg: painting 48x32 takes about" in told.err and "raise max-memory" in told.err
    dry = call("stylize", "a.jpg", "--style", "night", "--dry-run", "--max-memory", "40MB")
    assert dry.code == 0 and "fails: a.jpg: painting 48x32 takes about" in dry.out
    assert call("stylize", "a.jpg", "--style", "night", "--max-memory", "much").code == 2


def test_all_memory_is_given_back_after_a_large_picture(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(Path("a.jpg"))
    kept: list[float] = []
    monkeypatch.setattr(memory, "trim", lambda above=0.0: kept.append(above))
    assert call("stylize", "a.jpg", "--style", "night", "-o", "b.png").code == 0
    assert kept[-1] > 0
    monkeypatch.setattr(runner, "_LARGE", 48 * 32 - 1)
    assert call("stylize", "a.jpg", "--style", "night", "-o", "c.png").code == 0
    assert kept[-1] == 0


def sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()
