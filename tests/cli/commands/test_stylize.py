"""``styler stylize``: one picture and many, in and out, and what it says when it cannot."""

import io
import json
import os
import socket
import stat
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Call
from tests.cli.pictures import as_bytes, read, save


def test_paints_at_the_photos_own_size(call: Call, photo: Path) -> None:
    done = call("stylize", photo, "--style", "night", "-o", "painted.png")
    assert (done.code, done.out) == (0, "")
    assert "painted.png" in done.err and "48x32" in done.err
    assert read(Path("painted.png")).shape == (32, 48, 3)
    assert not np.array_equal(read(Path("painted.png")), read(photo))


def test_strength_zero_is_the_photo(call: Call, photo: Path) -> None:
    assert call("stylize", photo, "-s", "night", "--strength", 0, "-o", "same.png").code == 0
    np.testing.assert_array_equal(read(Path("same.png")), read(photo))


def test_without_output_lands_beside_the_photo(call: Call, photo: Path) -> None:
    assert call("stylize", photo, "--style", "night").code == 0
    assert Path("photo.night.jpg").exists()


def test_a_painting_is_a_style(call: Call, photo: Path, painting: Path) -> None:
    assert call("stylize", photo, "--style", painting, "-o", "painted.png").code == 0
    assert Path("painted.png").exists()


def test_weights_mix_styles(call: Call, photo: Path) -> None:
    for name, styles in {
        "a": ["night"],
        "b": ["night=1", "dawn=0"],
        "c": ["night=2", "dawn=1"],
    }.items():
        arguments = [part for style in styles for part in ("--style", style)]
        assert call("stylize", photo, *arguments, "-o", f"{name}.png").code == 0
    np.testing.assert_array_equal(read(Path("a.png")), read(Path("b.png")))
    assert not np.array_equal(read(Path("a.png")), read(Path("c.png")))


@pytest.mark.parametrize(
    ("size", "expected"), [("24", (24, 16)), ("0.000384MP", (24, 16)), ("4000", (48, 32))]
)
def test_size_shrinks_and_never_grows(
    call: Call, photo: Path, size: str, expected: tuple[int, int]
) -> None:
    assert call("stylize", photo, "-s", "night", "--size", size, "-o", "small.png").code == 0
    with Image.open("small.png") as image:
        assert image.size == expected


def test_nothing_is_overwritten_unless_forced(call: Call, photo: Path) -> None:
    Path("painted.png").write_text("mine")
    refused = call("stylize", photo, "-s", "night", "-o", "painted.png")
    assert refused.code == 2
    assert "painted.png" in refused.err and "--force" in refused.err
    assert Path("painted.png").read_text() == "mine"
    assert call("stylize", photo, "-s", "night", "-o", "painted.png", "--force").code == 0
    assert read(Path("painted.png")).shape == (32, 48, 3)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["missing.jpg", "-s", "night"], ["missing.jpg", "no such file"]),
        (["photo.jpg", "-s", "nigth"], ["nigth", "night"]),
        (["photo.jpg", "-s", "night", "--strength", "3"], ["--strength", "1.5"]),
        (["photo.jpg", "-s", "night", "--size", "huge"], ["--size", "huge", "1600"]),
        (["photo.jpg", "-s", "night", "--size", "0"], ["--size", "above zero"]),
        (["photo.jpg", "-s", "night=-1"], ["night=-1", "weight"]),
        (["photo.jpg", "-s", "night=abc"], ["night=abc", "weight 'abc' is no number"]),
        (["photo.jpg", "-s", "night="], ["weight '' is no number"]),
        (["photo.jpg", "-s", "night=1e999"], ["weight must be a finite number"]),
        (["photo.jpg", "-s", "night", "--name", "{stme}{ext}"], ["{stme}", "did you mean 'stem'"]),
        (["photo.jpg", "-s", "night", "--name", "{stem}{ext}"], ["is its own; use {style}"]),
        (["photo.jpg", "-s", "night", "--name", "{stem}{ext}", "-o", "a.png"], ["-o a.png leaves"]),
        (["-", "-s", "night", "--name", "{stem}.png"], ["-o - leaves nothing to --name"]),
        (["*o*/*", "-s", "night", "--name", "x.png", "-o", "out"], ["become", "use {stem}"]),
        (["-", "-s", "-"], ["-: standard input is one picture; name it once"]),
        (["photo.jpg", "-s", "night", "-o", "x" * 300 + ".png"], ["too long", "shorter", "-o"]),
        (["photo.jpg", "-s", "x" * 300 + ".png", "-o", "a.png"], ["no style 'xxx"]),
        (["x" * 300 + ".jpg", "-s", "night"], ["no such file"]),
        (["photo.jpg", "-s", "night", "-o", "no/such/folder.png"], ["no/such/folder.png"]),
        (["photo.jpg", "-s", "night", "-o", "painted.xyz"], ["painted.xyz", ".png"]),
        (["photo.jpg"], ["--style", "--help"]),
        (["text.jpg", "-s", "night"], ["text.jpg"]),
        (["photo.jpg", "-s", "night", "--max-pixels", "1000"], ["photo.jpg", "48x32", "limit"]),
        (["empty", "-s", "night", "-o", "out"], ["empty", "no pictures"]),
        (["empty", "-s", "night"], ["empty", "-o FOLDER"]),
        (["empty", "-s", "night", "-o", "empty"], ["empty", "another folder"]),
        (["*.webp", "-s", "night", "-o", "out"], ["*.webp", "nothing matches"]),
        (["photo.jpg", "-", "-s", "night"], ["standard input"]),
        (["photo.jpg", "-s", "night", "-o", "-", "--json"], ["--json", "stdout"]),
        (["photo.jpg", "photo.jpg", "-s", "night", "-o", "text.jpg"], ["text.jpg", "folder"]),
        (["photo.jpg", "text.jpg", "-s", "night", "-o", "out.png"], ["out.png", "need a folder"]),
        (["holidays", "-s", "night", "-o", "out.JPG"], ["out.JPG", "need a folder"]),
        (["*.jpg", "-s", "night", "-o", ".", "--force"], ["photo.jpg", "one of the photos"]),
    ],
)
def test_mistakes_get_one_line_and_exit_code_2(
    call: Call, photo: Path, arguments: list[str], names: list[str]
) -> None:
    Path("text.jpg").write_text("not a picture")
    Path("empty").mkdir()
    save(Path("holidays/c.jpg"))
    save(Path("holidays/d.png"))
    refused = call("stylize", *arguments)
    assert refused.code == 2
    assert refused.err.count("\n") == 1 and refused.err.startswith("styler: ")
    assert all(name in refused.err for name in names), refused.err
    assert refused.out == ""


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["-o", "painted.xyz"], ["painted.xyz", ".png"]),
        (["-o", "no/such/painted.png"], ["no/such", "make it first"]),
        (["-o", "painted.jpg", "--bits", "16"], ["jpeg", "16 bits", "png or tiff"]),
        (["-o", "painted.jpg", "--lossless"], ["jpeg", "lossless"]),
        (["-o", "painted", "--format", "avif", "--lossless"], ["avif", "lossless"]),
    ],
)
def test_what_cannot_be_written_is_told_before_the_work(
    call: Call,
    photo: Path,
    arguments: list[str],
    names: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("styler.cli.settings.network.Network.open", None)  # any work would fail
    refused = call("stylize", photo, "-s", "night", *arguments)
    assert refused.code == 2 and refused.err.count("\n") == 1
    assert all(name in refused.err for name in names), refused.err


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["plain", "forced"])
def test_a_pipe_is_written_into_and_stays_one(
    call: Call, photo: Path, force: tuple[str, ...]
) -> None:
    os.mkfifo("pipe.png")
    got: list[bytes] = []
    reader = Thread(target=lambda: got.append(Path("pipe.png").read_bytes()), daemon=True)
    reader.start()
    assert call("stylize", photo, "-s", "night", "-o", "pipe.png", *force).code == 0
    reader.join(20)
    with Image.open(io.BytesIO(got[0])) as painted:
        assert painted.size == (48, 32)
    assert Path("pipe.png").is_fifo()


def device(name: str, number: int) -> Path:
    """A device of one's own: to the machine's, a fault that this finds would be the end."""
    try:
        os.mknod(name, 0o666 | stat.S_IFCHR, os.makedev(1, number))
        Path(name).open("wb").close()
    except PermissionError:  # nor can the machine's be replaced, then
        return Path("/dev", name)
    return Path(name)


@pytest.mark.skipif(sys.platform != "linux", reason="devices by their numbers")
def test_devices_are_written_into(call: Call, photo: Path) -> None:
    arguments = ("stylize", photo, "-s", "night", "--format", "png", "--force", "-o")
    null, full = device("null", 3), device("full", 7)
    assert call(*arguments, null).code == 0
    refused = call(*arguments, full)
    assert refused.code == 1 and refused.err.count("\n") == 1 and "No space left" in refused.err
    assert null.is_char_device() and full.is_char_device()


def test_what_is_no_file_is_never_replaced(call: Call, photo: Path) -> None:
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("out.png")
        refused = call("stylize", photo, "-s", "night", "-o", "out.png", "--force")
        assert refused.code == 2 and "out.png: is no file" in refused.err
        assert Path("out.png").is_socket()


def test_too_long_a_side_for_its_format_does_not_stop_the_others(call: Call) -> None:
    save(Path("photos/a.webp"))
    save(Path("photos/long.png"), 16_400, 1)
    done = call("stylize", "photos", "-s", "night", "-o", "out", "--format", "webp")
    assert done.code == 1 and "1 painted, 1 failed" in done.err
    assert "long.png: webp holds up to 16383 pixels a side, not 16400" in done.err


def test_names_cannot_write_to_the_terminal(call: Call) -> None:
    save(Path("photos/red\x1b[31m\nline.jpg"))
    Path("photos/bad\x1b[2J.jpg").write_text("no picture")
    arguments = ("stylize", "photos", "-s", "night", "-o", "out")
    for options in ((), ("--dry-run",), ()):
        told = call(*arguments, *options)
        shown = told.out + told.err
        assert "\x1b" not in shown and "red?[31m?line.jpg" in shown
        assert shown.count("bad?[2J.jpg: a text file") == shown.count("bad?[2J")


def test_folder_is_mirrored_and_failures_are_listed(call: Call) -> None:
    for name in ("a.jpg", "sub/b.png", "sub/deep/c.webp", ".hidden/d.jpg"):
        save(Path("photos") / name)
    Path("photos/broken.jpg").write_bytes(as_bytes("JPEG")[:300])
    Path("photos/notes.txt").write_text("not asked for")
    done = call("stylize", "photos", "-s", "night", "-o", "painted")
    assert done.code == 1
    painted = {
        str(p.relative_to("painted"))
        for p in Path("painted").rglob("*.*")
        if p.name != ".styler.jsonl"
    }
    assert painted == {"a.jpg", "sub/b.png", "sub/deep/c.webp"}
    last = done.err.strip().splitlines()
    assert "3 painted, 1 failed" in done.err
    assert "broken.jpg" in last[-1]


def test_second_run_does_only_what_is_missing(call: Call) -> None:
    for name in "abc":
        save(Path(f"photos/{name}.jpg"))
    arguments = ("stylize", "photos", "-s", "night", "-o", "painted")
    call(*arguments)
    Path("painted/b.jpg").unlink()
    stamps = {p: p.stat().st_mtime_ns for p in Path("painted").glob("*.jpg")}
    done = call(*arguments)
    assert done.code == 0 and "1 painted, 2 skipped" in done.err
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items())


def test_output_inside_the_folder_is_not_input(call: Call) -> None:
    save(Path("photos/a.jpg"))
    for _ in range(2):
        assert call("stylize", "photos", "-s", "night", "-o", "photos/painted").code == 0
    assert [p.name for p in Path("photos/painted").rglob("*.jpg")] == ["a.jpg"]


def test_same_stem_keeps_both(call: Call) -> None:
    save(Path("photos/a.jpg"))
    save(Path("photos/a.png"))
    assert call("stylize", "photos", "-s", "night", "--format", "webp", "-o", "out").code == 0
    assert sorted(p.name for p in Path("out").glob("*.webp")) == ["a.jpg.webp", "a.png.webp"]


def test_what_keeps_its_extension_keeps_its_name(call: Call) -> None:
    """So a job that goes on finds its pictures, whatever came into the folder meanwhile."""
    save(Path("photos/a.png"))
    arguments = ("stylize", "photos", "-s", "night", "-o", "out")
    assert call(*arguments).code == 0
    save(Path("photos/a.gif"))
    done = call(*arguments)
    assert done.code == 0 and "1 painted, 1 skipped" in done.err
    assert sorted(p.name for p in Path("out").glob("*.png")) == ["a.gif.png", "a.png"]


def test_a_glob_that_finds_earlier_paintings_does_not_paint_them(call: Call) -> None:
    save(Path("a.jpg"))
    save(Path("b.jpg"))
    assert call("stylize", "*.jpg", "-s", "night").code == 0
    Path("b.night.jpg").unlink()
    done = call("stylize", "*.jpg", "-s", "night")
    assert done.code == 0 and "1 painted, 1 skipped" in done.err
    assert sorted(p.name for p in Path().glob("*.jpg")) == [
        "a.jpg", "a.night.jpg", "b.jpg", "b.night.jpg",
    ]  # fmt: skip


def test_two_photos_never_become_one(call: Call) -> None:
    save(Path("one/a.jpg"))
    save(Path("two/a.jpg"))
    refused = call("stylize", "one/a.jpg", "two/a.jpg", "-s", "night", "-o", "out")
    assert refused.code == 2 and not Path("out").exists()


def test_glob_that_the_shell_left_alone_is_mirrored(call: Call) -> None:
    for name in ("a.jpg", "sub/a.jpg", "sub/b.png"):
        save(Path("photos") / name)
    for counts in ("2 painted", "2 skipped"):  # what is painted is no photo the second time
        done = call("stylize", "photos/**/*.jpg", "-s", "night", "-o", "photos/out")
        assert done.code == 0 and counts in done.err
    assert sorted(str(p) for p in Path("photos/out").rglob("*.jpg")) == [
        "photos/out/a.jpg",
        "photos/out/sub/a.jpg",
    ]
    assert call("stylize", "photos/*.jpg", "-s", "night", "-o", ".", "--quiet").code == 0
    assert Path("a.jpg").exists(), "a folder that is not in that of the photos"


def test_json_lines(call: Call) -> None:
    save(Path("photos/a.jpg"))
    Path("photos/b.jpg").write_text("no picture")
    done = call("stylize", "photos", "-s", "night", "-o", "out", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert [(line["status"], line["source"]) for line in lines] == [
        ("painted", "photos/a.jpg"),
        ("failed", "photos/b.jpg"),
    ]
    assert (lines[0]["width"], lines[0]["height"]) == (48, 32)
    assert "b.jpg" in lines[1]["error"]


def test_json_tells_of_the_only_picture_failing(call: Call) -> None:
    Path("photo.jpg").write_text("no picture")
    done = call("stylize", "photo.jpg", "-s", "night", "-o", "out.png", "--json")
    assert done.code == 2 and done.err.count("\n") == 1
    line = json.loads(done.out)
    assert (line["status"], line["source"]) == ("failed", "photo.jpg")
    assert line["error"] in done.err


class Pipe:
    """Standard input or output as a binary pipe."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_pipes(call: Call, monkeypatch: pytest.MonkeyPatch, format: str) -> None:
    out = Pipe()
    monkeypatch.setattr(sys, "stdin", Pipe(as_bytes(format)))
    monkeypatch.setattr(sys, "stdout", out)
    assert call("stylize", "-", "-s", "night").code == 0
    with Image.open(out.buffer) as image:
        assert (image.format, image.size) == (format, (48, 32))


class Terminal(Pipe):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stdin", [None, Terminal()], ids=["closed", "terminal"])
def test_without_a_picture_on_standard_input(
    call: Call, monkeypatch: pytest.MonkeyPatch, stdin: Pipe | None
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    refused = call("stylize", "-", "-s", "night", "-o", "out.png")
    assert refused.code == 2 and "standard input" in refused.err and refused.err.count("\n") == 1


def test_quiet_says_nothing(call: Call, photo: Path) -> None:
    done = call("stylize", photo, "-s", "night", "-o", "painted.png", "--quiet")
    assert (done.code, done.out, done.err) == (0, "", "")


def test_what_of_a_photo_is_left_out_is_said_in_one_line(call: Call) -> None:
    save(Path("photos/a.jpg"))
    Path("cut.jpg").write_bytes(as_bytes("JPEG")[:-2])
    done = call("stylize", "cut.jpg", "-s", "night", "-o", "out.jpg")
    assert done.code == 0 and Path("out.jpg").exists()
    assert [line for line in done.err.splitlines() if "warning" in line] == [
        "warning: cut.jpg: its end is missing"
    ]
    done = call("stylize", "cut.jpg", "-s", "night", "-o", "out.jpg", "--force", "--json")
    assert json.loads(done.out)["warning"] == "cut.jpg: its end is missing"
    assert not call("stylize", "cut.jpg", "-s", "night", "-o", "out.jpg", "--force", "-q").err


def frames_of(path: Path) -> list[tuple[int, int, int]]:
    with Image.open(path) as image:
        count = getattr(image, "n_frames", 1)
        found = []
        for number in range(count):
            image.seek(number)
            found.append(image.convert("RGB").getpixel((9, 9)))
    return found


def several(path: Path, **options: Any) -> Path:
    frames = [Image.effect_noise((48, 32), spread).convert("RGB") for spread in (10, 60, 120)]
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"save_all": True, "append_images": frames[1:]} | options
    frames[0].save(path, **options)
    return path


def warnings_of(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("warning: ")]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png", "a.avif"])
def test_what_moves_moves_on(call: Call, name: str) -> None:
    several(Path(name), duration=[100, 200, 300])
    done = call("stylize", name, "-s", "night")
    assert done.code == 0 and not warnings_of(done.err)
    painted = Path(name).with_suffix(".night" + Path(name).suffix)
    assert len(frames_of(painted)) == 3
    assert call("stylize", name, "-s", "night", "-o", "other.webp").code == 0
    assert len(frames_of(Path("other.webp"))) == 3


def test_frames_and_pages_that_are_lost_are_told_in_one_line(call: Call) -> None:
    several(Path("a.gif"))
    several(Path("a.tif"))
    done = call("stylize", "a.gif", "-s", "night", "-o", "a.jpg")
    assert done.code == 0 and warnings_of(done.err) == [
        "warning: a.gif: the first of its 3 frames is painted alone; gif, webp and png hold all"
    ]
    done = call("stylize", "a.tif", "-s", "night", "-o", "b.jpg")
    assert done.code == 0 and warnings_of(done.err) == [
        "warning: a.tif: the first of its 3 pages is painted alone; --page N paints another"
    ]


def test_a_page_is_chosen(call: Call) -> None:
    several(Path("a.tif"))
    several(Path("a.gif"))
    for name in ("a.tif", "a.gif"):
        for page in (1, 2, 3):
            out = Path(f"{name}{page}.png")
            arguments = ("stylize", name, "-s", "night", "--strength", 0, "-o", out)
            done = call(*arguments, "--page", page)
            assert done.code == 0 and not warnings_of(done.err)
            with Image.open(name) as image, Image.open(out) as painted:
                image.seek(page - 1)
                shown = np.asarray(image.convert("RGB"))
                np.testing.assert_array_equal(np.asarray(painted.convert("RGB")), shown)
                assert getattr(painted, "n_frames", 1) == 1
    refused = call("stylize", "a.tif", "-s", "night", "--page", 4, "-o", "no.png")
    assert refused.code == 2 and "there is no page 4" in refused.err and "it has 3" in refused.err


def test_another_page_is_another_job(call: Call) -> None:
    several(Path("photos/a.tif"))
    arguments = ("stylize", "photos", "-s", "night", "-o", "out", "--page")
    assert call(*arguments, 1).code == 0
    assert json.loads(call(*arguments, 1, "--json").out)["status"] == "skipped"
    assert call(*arguments, 2).code == 2
    assert call(*arguments, 2, "--force").code == 0


def deep(path: Path) -> Path:
    from styler.imaging import Picture, write

    ramp = np.linspace(0, 65535, 32 * 48 * 3).reshape(32, 48, 3).astype(np.uint16)
    write(Picture(ramp), path, bits=16)
    return path


def test_bits_are_kept_where_the_format_holds_them_and_told_where_not(call: Call) -> None:
    from styler import imaging

    deep(Path("deep.png"))
    for name in ("a.png", "a.tif"):
        done = call("stylize", "deep.png", "-s", "night", "-o", name)
        assert done.code == 0 and not warnings_of(done.err)
        assert imaging.read(Path(name), bits=None).bits == 16
    done = call("stylize", "deep.png", "-s", "night", "-o", "a.jpg")
    assert done.code == 0 and warnings_of(done.err) == [
        "warning: deep.png: its 16 bits are 8 in jpeg; png and tiff hold them"
    ]
    done = call("stylize", "deep.png", "-s", "night", "-o", "b.png", "--bits", 8)
    assert done.code == 0 and not warnings_of(done.err), "as asked for"
    assert imaging.read(Path("b.png"), bits=None).bits == 8


def test_what_moves_comes_through_a_pipe(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Pipe()
    monkeypatch.setattr(sys, "stdin", Pipe(several(Path("a.gif")).read_bytes()))
    monkeypatch.setattr(sys, "stdout", out)
    assert call("stylize", "-", "-s", "night").code == 0
    with Image.open(out.buffer) as image:
        assert (image.format, image.n_frames) == ("GIF", 3)


def names_in(folder: str) -> list[str]:
    files = Path(folder).rglob("*.*")
    return sorted(p.relative_to(folder).as_posix() for p in files if p.name != ".styler.jsonl")


def test_a_pattern_names_paintings_in_a_mirrored_folder(call: Call) -> None:
    save(Path("photos/a.jpg"))
    save(Path("photos/sub/b.gif"))
    arguments = ("stylize", "photos", "-s", "night", "-o", "out", "--name", "{stem}-{style}{ext}")
    assert call(*arguments).code == 0
    assert names_in("out") == ["a-night.jpg", "sub/b-night.png"]
    assert "2 skipped" in call(*arguments).err


def test_a_pattern_names_paintings_beside_their_photos(call: Call, photo: Path) -> None:
    done = call("stylize", photo, "-s", "night", "--name", "{style} of {name}.webp")
    assert done.code == 0 and Path("night of photo.jpg.webp").exists()
    Path("mine.toml").write_text('[stylize]\nname = "{stem}-x{ext}"\n')
    mine = ("--config", "mine.toml", "stylize", photo, "-s", "night")
    assert call(*mine).code == 0 and Path("photo-x.jpg").exists()
    assert call(*mine, "-o", "own.png").code == 0, "a default gives way"


def test_names_that_would_collide_are_told_before_the_work(call: Call) -> None:
    save(Path("photos/a.jpg"))
    save(Path("photos/a.png"))
    arguments = ("stylize", "photos", "-s", "night", "-o", "out", "--format", "webp", "--name")
    refused = call(*arguments, "{stem}-x{ext}")
    assert refused.code == 2 and not Path("out").exists()
    assert "would both become out/a-x.webp; use {stem} in --name, or {name}" in refused.err
    assert call(*arguments, "{name}-x{ext}").code == 0
    assert names_in("out") == ["a.jpg-x.webp", "a.png-x.webp"]


@pytest.mark.parametrize("source", ["-", "pipe"])
def test_a_painting_comes_through_a_pipe(
    call: Call, photo: Path, painting: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("stylize", photo, "-s", painting, "-o", "a.png").code == 0
    monkeypatch.setattr(sys, "stdin", Pipe(painting.read_bytes()))
    os.mkfifo("pipe")
    data = painting.read_bytes()
    Thread(target=lambda: Path("pipe").write_bytes(data), daemon=True).start()
    assert call("stylize", photo, "-s", source, "-o", "b.png").code == 0
    np.testing.assert_array_equal(read(Path("a.png")), read(Path("b.png")))
    if source == "-":
        Path("pipe").read_bytes()


def test_a_photo_comes_through_a_pipe(call: Call, photo: Path) -> None:
    os.mkfifo("pipe")
    refused = call("stylize", "pipe", "-s", "night")
    assert refused.code == 2 and "pipe: is no file; say with -o where" in refused.err
    data = several(Path("a.gif")).read_bytes()
    Thread(target=lambda: Path("pipe").write_bytes(data), daemon=True).start()
    assert call("stylize", "pipe", "-s", "night", "-o", "b.gif").code == 0
    assert len(frames_of(Path("b.gif"))) == 3


@pytest.mark.parametrize("option", ["--only", "--mask"])
def test_a_mask_comes_through_standard_input(
    call: Call, photo: Path, painting: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for mask, output in ((painting, "a.png"), ("-", "b.png")):
        monkeypatch.setattr(sys, "stdin", Pipe(painting.read_bytes()))
        assert call("stylize", photo, "-s", "night", option, mask, "-o", output).code == 0
    np.testing.assert_array_equal(read(Path("a.png")), read(Path("b.png")))
    refused = call("stylize", photo, "-s", "-", option, "-", "-o", "c.png")
    assert refused.code == 2 and "name it once" in refused.err


def test_a_closed_standard_output_is_told(
    call: Call, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", None)
        refused = call("stylize", photo, "-s", "night", "-o", "-")
    assert refused.code == 2 and "standard output is closed; use -o FILE" in refused.err


def test_a_terminal_is_no_painting(
    call: Call, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    refused = call("stylize", photo, "-s", "-", "-o", "out.png")
    assert refused.code == 2 and "--style -: there is no picture on standard input" in refused.err


def test_what_a_storage_box_keeps_for_itself_is_left_out(call: Call) -> None:
    save(Path("photos/a.jpg"))
    save(Path("photos/@eaDir/a.jpg/thumb.jpg"))
    for source in ("photos", "photos/**/*.jpg"):
        done = call("stylize", source, "-s", "night", "-o", "out", "--dry-run", "--json")
        assert [json.loads(line)["source"] for line in done.out.splitlines()] == ["photos/a.jpg"]


def test_too_long_a_name_does_not_stop_the_others(call: Call, photo: Path) -> None:
    long = save(Path("x" * 248 + ".jpg"))
    done = call("stylize", photo, long, "-s", "night")
    assert done.code == 1 and "1 painted, 1 failed" in done.err
    assert "the name is too long for its disk; give a shorter one, by -o or --name" in done.err


def test_gif_is_a_format_and_its_few_colours_are_told(call: Call, photo: Path) -> None:
    done = call("stylize", photo, "-s", "night", "--format", "gif")
    assert done.code == 0 and len(frames_of(Path("photo.night.gif"))) == 1
    assert warnings_of(done.err) == [
        "warning: photo.jpg: its colours are 256 in gif; png, webp and jpeg hold all"
    ]
    refused = call("stylize", photo, "-s", "night", "--format", "gif", "--lossless")
    assert refused.code == 2 and "gif cannot be lossless" in refused.err


def test_too_little_memory_names_the_option(
    call: Call, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short(*_: object, **__: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("styler.inference.stylizer.divide", short)
        done = call("stylize", photo, "-s", "night", "-o", "out.png")
    assert done.code == 2 and done.err.count("\n") == 1
    assert "not enough memory to paint 48x32 pixels" in done.err and "--size" in done.err
    monkeypatch.setattr("styler.jobs.output.Saving.encode", short)
    for arguments in (("stylize", photo, "-s", "night"), ("compare", photo, "-s", "night")):
        done = call(*arguments, "-q", "-o", "out.png")
        assert done.code == 2 and done.err.count("\n") == 1 and "--size" in done.err
