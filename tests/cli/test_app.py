"""The other verbs: sheets, strips, comparisons, styles kept, information, serving, training."""

import dataclasses
import importlib
import io
import json
import logging
import os
import pickle
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from styler import Style
from styler.cli import app, hush, main
from styler.cli.app import EXIT_CODES, run
from styler.cli.commands import info
from styler.imaging import Picture, write
from styler.models import shipped
from tests.cli.child import start
from tests.cli.conftest import Call
from tests.cli.pictures import pixels, read, save


def test_sheet_shows_the_photo_in_every_style(call: Call, photo: Path) -> None:
    arguments = ("sheet", photo, "--style", "night", "--style", "dawn", "--columns", 2)
    assert call(*arguments, "--tile", 48, "--no-labels", "-o", "sheet.png").code == 0
    sheet = read("sheet.png")
    assert sheet.shape == (2 * 32 + 3 * 8, 2 * 48 + 3 * 8, 3)
    np.testing.assert_array_equal(sheet[8:40, 8:56], read(photo))
    assert (sheet[48:80, 64:112] == 255).all(), "three pictures leave a place empty"
    assert call(*arguments, "--tile", 48, "-o", "named.png").code == 0
    assert read("named.png").shape[0] > sheet.shape[0], "names take room"


def test_sheet_without_styles_takes_all_presets(call: Call, photo: Path) -> None:
    assert call("sheet", photo, "--tile", 16, "--no-labels", "-o", "sheet.png").code == 0
    count = len(call("styles").out.splitlines())
    rows = -(-(count + 1) // 5)
    assert count > 12 and read("sheet.png").shape == (rows * (11 + 8) + 8, 5 * 24 + 8, 3)


def test_sheet_leaves_out_what_does_not_fit_and_says_so(
    call: Call, photo: Path, own_styles: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    shutil.copytree(own_styles, folder)
    (folder / "broken.style").write_bytes(b"broken")
    foreign = dataclasses.replace(Style.load(folder / "dawn.style"), model="0" * 16)
    foreign.save(folder / "dawn.style", force=True)
    monkeypatch.setenv("STYLER_STYLES", str(folder))
    monkeypatch.setattr("styler.models.folder.Model.styles", tmp_path / "none")
    done = call("sheet", photo, "--tile", 48, "--no-labels", "-q", "-o", "sheet.png")
    assert done.code == 0 and read("sheet.png").shape == (32 + 16, 2 * 48 + 3 * 8, 3)
    assert "broken.style" in done.err and "other weights" in done.err
    assert done.err.count("\n") == 2
    listed = call("styles")
    assert [line.split()[0] for line in listed.out.splitlines()] == ["dawn", "night"]
    assert "broken.style" in listed.err
    assert call("style", "show", "night").code == 0
    checked = call("info")
    assert checked.code == 1 and "FAILED" in checked.out and "broken.style" in checked.out
    (folder / "broken.style").unlink()
    checked = call("info")
    assert checked.code == 0 and "1 made with another model" in checked.out


@pytest.mark.parametrize(
    "arguments",
    [["sheet"], ["mix", "--style", "dawn", "--style", "night"], ["compare", "--style", "dawn"]],
    ids=["sheet", "mix", "compare"],
)
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "out.xyz"], "out.xyz"),
        (["-o", "no/such/out.png"], "make it first"),
        (["-o", "out.png", "--max-pixels", "100"], "48x32"),
    ],
)
def test_mistakes_are_told_before_the_work(
    call: Call,
    photo: Path,
    arguments: list[str],
    options: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("styler.cli.settings.network.Network.open", None)  # any work would fail
    refused = call(*arguments, photo, *options)
    assert refused.code == 2 and refused.err.count("\n") == 1 and words in refused.err


SEVERAL = {
    "sheet": ["--style", "dawn", "--style", "night", "--tile", "48"],
    "mix": ["--style", "dawn", "--style", "night", "--steps", "2", "--tile", "48"],
    "compare": ["--style", "dawn"],
}
"""Verbs that show several pictures in one, with what they need."""


@pytest.mark.parametrize(
    ("verb", "lines"),
    [
        ("sheet", ["[1/2] photo.jpg -> dawn  48x32", "[2/2] photo.jpg -> night  48x32"]),
        ("mix", ["[1/2] photo.jpg -> dawn  48x32", "[2/2] photo.jpg -> night  48x32"]),
        ("compare", ["photo.jpg -> dawn  48x32"]),
    ],
)
def test_pictures_of_several_are_told_as_they_come(
    call: Call, photo: Path, verb: str, lines: list[str]
) -> None:
    done = call(verb, photo, *SEVERAL[verb], "-o", "out.png")
    assert done.code == 0 and not done.out
    told = done.err.splitlines()
    for line, expected in zip(told, lines, strict=False):
        assert line.startswith(expected)
    assert told[-1].startswith("out.png  ")
    assert call(verb, photo, *SEVERAL[verb], "-q", "-f", "-o", "out.png").err == ""


@pytest.mark.parametrize("verb", SEVERAL)
def test_what_is_lost_of_a_photo_among_others_is_told(call: Call, verb: str) -> None:
    frames = [Image.fromarray(pixels(48, 32, seed=seed)) for seed in (0, 1)]
    frames[0].save("moving.webp", save_all=True, append_images=frames[1:])
    write(Picture(pixels(48, 32).astype(np.uint16) * 257), "deep.png", bits=16)
    for name, words in {
        "moving.webp": "the first of its 2 frames is painted alone; `styler stylize` paints all",
        "deep.png": "its 16 bits are 8 here; `styler stylize` keeps them",
    }.items():
        done = call(verb, name, *SEVERAL[verb], "-f", "-o", "out.png")
        assert done.code == 0 and f"warning: {name}: {words}\n" in done.err
        assert done.err.count("warning") == 1


def test_mix_goes_from_one_style_to_the_other(call: Call, photo: Path) -> None:
    styles = ("--style", "night", "--style", "dawn")
    assert call("mix", photo, *styles, "--steps", 3, "--no-labels", "-o", "strip.png").code == 0
    strip = read("strip.png")
    first, middle, last = (strip[8:40, 8 + 56 * i : 56 + 56 * i].astype(int) for i in range(3))
    for name, tile in (("night", first), ("dawn", last)):
        call("stylize", photo, "--style", name, "-o", f"{name}.png")
        np.testing.assert_array_equal(tile, read(f"{name}.png"))
    assert min(np.abs(middle - first).mean(), np.abs(middle - last).mean()) > 1
    refused = call("mix", photo, "--style", "night", "-o", "other.png")
    assert refused.code == 2 and "--style" in refused.err


@pytest.mark.parametrize(("size", "shape"), [((48, 32), (48, 120)), ((60, 20), (64, 76))])
def test_compare(call: Call, size: tuple[int, int], shape: tuple[int, int]) -> None:
    save(Path("photo.png"), *size)
    arguments = ("compare", "photo.png", "--style", "night", "--no-labels", "-o", "both.png")
    assert call(*arguments).code == 0
    assert read("both.png").shape[:2] == shape
    np.testing.assert_array_equal(read("both.png")[8 : 8 + size[1], 8 : 8 + size[0]], pixels(*size))
    refused = call(*arguments)
    assert refused.code == 2 and "both.png" in refused.err and "--force" in refused.err


def test_a_saved_style_paints_as_its_painting_does(
    call: Call, photo: Path, painting: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "own" / "styles"))
    saved = call("style", "save", painting, "--artist", "A. Painter", "--title", "Blobs")
    assert saved.code == 0
    file = Path(saved.out.strip())
    assert file == tmp_path / "own" / "styles" / "painting.style" and file.stat().st_size < 10_000
    assert "painting" in call("styles").out and "A. Painter, Blobs" in call("style", "list").out
    for name, style in {"a": painting, "b": "painting", "c": file}.items():
        assert call("stylize", photo, "--style", style, "-o", f"{name}.png").code == 0
    np.testing.assert_array_equal(read("a.png"), read("b.png"))
    np.testing.assert_array_equal(read("a.png"), read("c.png"))
    shown = json.loads(call("style", "show", "painting", "--json").out)
    assert (shown["artist"], shown["title"], shown["file"]) == ("A. Painter", "Blobs", str(file))
    again = call("style", "save", painting)
    assert again.code == 2 and str(file) in again.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
@pytest.mark.parametrize("source", ["-", "pipe"])
def test_a_style_is_saved_from_a_pipe(
    call: Call, painting: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = painting.read_bytes()
    os.mkfifo("pipe")
    for options in ((), ("-o", "painting.style")):
        stdin = io.TextIOWrapper(io.BytesIO(data))
        monkeypatch.setattr(sys, "stdin", stdin)
        Thread(target=lambda: Path("pipe").write_bytes(data), daemon=True).start()
        saved = call("style", "save", source, *options)
        if source == "-":
            Path("pipe").read_bytes()
        assert saved.code == (0 if options else 2), saved.err
        assert options or f"{source}: has no name to know it by; give one with -o" in saved.err
    assert call("style", "save", painting, "-o", "other/painting.style").code != 0
    Path("other").mkdir()
    assert call("style", "save", painting, "-o", "other/painting.style").code == 0
    assert Path("painting.style").read_bytes() == Path("other/painting.style").read_bytes()


@pytest.mark.parametrize("verb", ["sheet", "mix", "compare"])
def test_photos_among_others_come_through_standard_input(
    call: Call, photo: Path, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    styles = ("-s", "night", *(("-s", "dawn") if verb == "mix" else ()), "--no-labels")
    for source, output in ((photo, "a.png"), ("-", "b.png")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(photo.read_bytes())))
        assert call(verb, source, *styles, "-o", output).code == 0
    np.testing.assert_array_equal(read("a.png"), read("b.png"))


def test_style_mistakes(call: Call, painting: Path) -> None:
    Path("broken.style").write_bytes(b"\0" * 100)
    for arguments, name in (
        (("save", painting, "-o", "mine.txt"), "mine.txt"),
        (("save", "missing.jpg", "-o", "mine.style"), "missing.jpg"),
        (("show", "nigth"), "night"),
        (("show", "broken.style"), "broken.style"),
    ):
        refused = call("style", *arguments)
        assert refused.code == 2 and refused.err.count("\n") == 1 and name in refused.err


def test_styles_as_json(call: Call) -> None:
    styles = [json.loads(line) for line in call("styles", "--json").out.splitlines()]
    assert {"night", "dawn"} <= {style["name"] for style in styles}
    assert all(Path(style["path"]).is_file() for style in styles)


def test_every_verb_knows_the_presets_of_the_chosen_model(
    call: Call, photo: Path, two_models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STYLER_STYLES", str(tmp_path / "own"))
    other = ("--model", "other")
    for listing in (("styles",), ("style", "list")):
        assert call(*listing, *other).out == "blobs\n"
        assert "monet-impression" in call(*listing).out
    shown = json.loads(call("style", "show", "blobs", *other, "--json").out)
    assert shown["file"] == str(two_models / "other" / "styles" / "blobs.style")
    assert "1, 0 of them your own" in call("info", *other).out
    assert call("sheet", photo, *other, "--no-labels", "--tile", 48, "-o", "sheet.png").code == 0
    assert read("sheet.png").shape == (32 + 16, 2 * 48 + 3 * 8, 3)
    mixed = ("mix", photo, "--style", "blobs", "--style", "blobs", *other, "-o", "mix.png")
    assert call(*mixed).code == 0
    stylize = ("stylize", photo, "--style", "blobs", "-o", "out.png")
    assert call(*stylize, *other).code == 0
    monkeypatch.setenv("STYLER_STYLIZE_MODEL", "other")
    assert call(*stylize, "--force").code == 0
    monkeypatch.delenv("STYLER_STYLIZE_MODEL")
    Path("config.toml").write_text('[stylize]\nmodel = "other"\n')
    assert call("--config", "config.toml", *stylize, "--force").code == 0
    refused = call("--config", "config.toml", "stylize", photo, "--style", "monet-impression")
    assert refused.code == 2 and "`styler styles --model other`" in refused.err
    refused = call(*stylize, "--force")
    assert refused.code == 2 and refused.err.count("\n") == 1 and "no style 'blobs'" in refused.err


def test_own_styles_of_another_model_are_refused_with_a_remedy(
    call: Call, photo: Path, two_models: Path
) -> None:
    refused = call("stylize", photo, "--style", "night", "--model", "other", "-o", "out.png")
    assert refused.code == 2 and refused.err.count("\n") == 1
    assert "'night' was made with other weights than 'other'; give the painting" in refused.err


def test_a_model_without_presets_says_what_to_give(
    call: Call, photo: Path, painting: Path, two_models: Path
) -> None:
    folder = two_models / "other"
    shutil.rmtree(folder / "styles")
    refused = call("stylize", photo, "--style", "klimt-primavesi", "--model", folder, "-o", "o.png")
    assert refused.code == 2 and refused.err.count("\n") == 1
    assert "has no presets: give a picture's path, or keep its style with" in refused.err
    assert call("stylize", photo, "--style", painting, "--model", folder, "-o", "o.png").code == 0


def test_info_tells_and_checks(call: Call) -> None:
    told = call("info", "--threads", 1)
    assert told.code == 0 and "FAILED" not in told.out
    facts = json.loads(call("info", "--json").out)
    assert facts["versions"]["styler"] == info.version("styler")
    assert len(facts["model"]["weights.safetensors"]) == 64
    assert {check["name"]: check["ok"] for check in facts["checks"]} == dict.fromkeys(
        ("weights", "painting", "styles", "formats"), True
    )


def test_info_finds_what_is_broken(call: Call, tmp_path: Path) -> None:
    broken = tmp_path / "model"
    shutil.copytree(shipped() / "default", broken)
    weights = broken / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    told = call("info", "--model", broken)
    assert told.code == 1
    assert "FAILED" in told.out and "weights.safetensors" in told.out and "sha256" in told.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(call: Call, shell: str) -> None:
    script = call("completion", shell)
    assert script.code == 0 and f"_STYLER_COMPLETE={shell}_complete" in script.out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("styler sty", {"plain,stylize", "plain,styles", "plain,style"}),
        ("styler stylize photo.jpg --style nig", {"plain,night", "file,nig"}),
        ("styler mix photo.jpg --ste", {"plain,--steps"}),
        ("styler style show nig", {"plain,night", "file,nig"}),
        ("styler stylize photo.jpg --model none --style nig", {"file,nig"}),
        ("styler stylize photo.jpg --model def", {"plain,default", "dir,def"}),
    ],
)
def test_completion_completes(typed: str, offered: set[str]) -> None:
    environment = os.environ | {
        "_STYLER_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    done = subprocess.run(
        [sys.executable, "-c", "from styler.cli import main; main()"],
        env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert set(done.stdout.split()) == offered


def test_bash_offers_styles(tmp_path: Path) -> None:
    """Its script forgets what it has when it meets a file, so presets must come last."""
    styler = tmp_path / "styler"
    styler.write_text(f"#!{sys.executable}\nfrom styler.cli import main\nmain()\n")
    styler.chmod(0o755)
    program = (
        'source <(styler completion bash); compopt() { :; }; COMP_WORDS=(styler stylize -s "nig"); '
        'COMP_CWORD=3; _styler_completion styler; echo "${COMPREPLY[@]}"'
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "night\n"


def test_serve_hands_its_options_to_the_server(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    serving = importlib.import_module("styler_server.serving")
    monkeypatch.setattr(serving, "serve", lambda **options: given.update(options))
    monkeypatch.setenv("STYLER_QUEUE", "3")
    monkeypatch.setenv("STYLER_STYLE_CACHE", "5")
    done = call("serve", "--port", 0, "--workers", 2, "--style-cache", 7, "--no-page")
    assert done.code == 0, done.err
    assert (given["host"], given["port"], given["workers"]) == ("127.0.0.1", 0, 2)
    for settings in (given["settings"], type(given["settings"])()):  # workers read the environment
        assert (settings.queue, settings.style_cache, settings.page) == (3, 7, False)


def test_serve_says_what_is_set(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLER_QUEUE", "3")
    monkeypatch.setenv("STYLER_STYLIZE_STRENGTH", "0.5")  # another verb's
    monkeypatch.setenv("STYLER_SERVICE_HOST", "10.0.0.1")  # Kubernetes'
    done = call("serve", "--print-config", "--max-memory", "700MB")
    lines = done.out.splitlines()
    assert done.code == 0 and {"STYLER_QUEUE=3", "STYLER_MAX_MEMORY=700MB"} <= set(lines)
    assert "STYLER_PORT=8000" in lines and "STYLER_THREADS=" in lines


def test_serve_knows_its_variables(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLER_QEUE", "3")
    refused = call("serve", "--print-config")
    assert refused.code == 2 and "did you mean 'STYLER_QUEUE'?" in refused.err


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (("--queue", "-1"), "--queue: Input should be greater"),
        (("--wait-seconds", "nan"), "--wait-seconds: Input should be"),
        (("--wait-seconds", "1000"), "wait_seconds is over request_seconds"),
        (("--rate", "5/minute"), "there are no api_keys"),
        (("--api-keys", "secret"), "--api-keys: give the SHA-256"),
        (("--rate", "often"), "--rate: give such as 60/minute"),
        (("--model", "none"), "no model 'none'; use one of default"),
        (("--host", "256.0.0.1"), "cannot listen on 256.0.0.1, port 8000: "),
    ],
)
def test_serve_mistakes(call: Call, mistake: tuple[str, str], named: str) -> None:
    refused = call("serve", *mistake)
    assert refused.code == 2 and refused.err.count("\n") == 1 and named in refused.err


def test_serve_where_somebody_else_does(call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = call("serve", "--port", port)
    told = f"cannot listen on 127.0.0.1, port {port}: Address already in use; give another --host"
    assert refused.code == 2 and refused.err.count("\n") == 1 and told in refused.err


def test_train_has_the_options_of_its_configuration(call: Call) -> None:
    from styler.train import TrainConfig

    told = call("train", "--help").out
    for field in dataclasses.fields(TrainConfig):
        assert "--" + field.name.replace("_", "-") in told
    refused = call("train", "--content", "missing", "--style", "missing", "--out", "run")
    assert refused.code == 2 and "missing" in refused.err and refused.err.count("\n") == 1


def test_train_hands_over_values_of_the_right_types(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    import styler.train

    given: list[Any] = []

    def fake(config: Any, report: Any) -> Path:
        given.append(config)
        report(1, {"total": 2.0})
        report(2, {"total": 1.0})
        return Path("weights.safetensors")

    monkeypatch.setattr(styler.train, "train", fake)
    told = call(
        "train", "--content", "c", "--style", "s", "--out", "o", "--steps", 2, "--minutes", 0.5
    )
    assert told.out == "weights.safetensors\n"
    assert "step 2/2" in told.err and "total 1" in told.err
    assert "stopped" not in told.err
    assert given == [
        styler.train.TrainConfig(Path("c"), Path("s"), Path("o"), steps=2, minutes=0.5)
    ]


def test_train_says_where_it_goes_on_and_that_it_is_unfinished(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    import styler.train

    def fake(config: Any, report: Any) -> Path:
        logging.getLogger("styler.train.loop").info("runs/first: goes on from step 7 of 9")
        report(8, {"total": 2.0})
        return Path("weights.safetensors")

    monkeypatch.setattr(styler.train, "train", fake)
    paths = ("--content", "c", "--style", "s", "--out", "runs/first")
    for _ in range(2):  # a second run in one process says it once, too
        told = call("train", *paths, "--steps", 9, "--log-every", 1)
        assert told.err.splitlines() == [
            "runs/first: goes on from step 7 of 9",
            "step 8/9  total 2",
            "stopped at step 8 of 9: the same command goes on, and "
            "`styler export runs/first -o FOLDER` takes the weights as they are",
        ]
        assert told.out == "weights.safetensors\n"


def test_export_says_what_an_unfinished_run_lacks(call: Call) -> None:
    from safetensors.numpy import save_file

    run = Path("runs/first")
    run.mkdir(parents=True)
    (run / "config.toml").write_text("[train]\n")
    for weights in (run, run / "weights.safetensors"):
        refused = call("export", weights, "-o", "model")
        assert refused.code == 2 and "first checkpoint" in refused.err
    assert "`styler --config runs/first/config.toml train` starts it anew" in refused.err
    metadata = {"step": "500", "config": '{"steps": 20000}'}
    save_file({"x": np.zeros(1)}, run / "checkpoint.safetensors", metadata)
    refused = call("export", run, "-o", "model")
    assert refused.code == 2 and "stopped at step 500 of 20000" in refused.err
    assert "--minutes 0" in refused.err and refused.err.count("\n") == 1
    (run / "checkpoint.safetensors").write_bytes(b"broken")
    assert "is not a checkpoint" in call("export", run, "-o", "model").err


@pytest.mark.parametrize("verb", ["train", "export", "evaluate"])
def test_without_torch_the_remedy_is_told(
    call: Call, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    needing = ("styler.train", "styler.network.export", "styler.evaluation.metrics")
    for name in [name for name in sys.modules if name.startswith(needing)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    Path("weights.safetensors").touch()
    save(Path("pictures/a.png"))
    arguments = {
        "train": ("--content", "c", "--style", "s", "--out", "o"),
        "export": ("weights.safetensors", "-o", "model"),
        "evaluate": ("pictures", "pictures"),
    }
    refused = call(verb, *arguments[verb])
    assert refused.code == 2 and 'pip install "styler[train]"' in refused.err


def test_export_mistakes(call: Call) -> None:
    Path("full").mkdir()
    Path("full/notes.txt").touch()
    Path("weights.safetensors").touch()
    assert "missing" in call("export", "missing", "-o", "model").err
    refused = call("export", "weights.safetensors", "-o", "full")
    assert refused.code == 2 and "--force" in refused.err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from styler.cli.app import run; run(['stylize', '--help']);"
        "run(['train', '--help']); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"numpy", "PIL", "onnxruntime", "torch", "fastapi", "pydantic", "rich"}


def test_painting_never_imports_torch(call: Call, photo: Path) -> None:
    code = (
        "import sys; from styler.cli.app import run;"
        f"assert run(['stylize', {str(photo)!r}, '-s', 'night', '-o', 'x.png']) == 0;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_ctrl_c_ends_with_130() -> None:
    os.mkfifo("photo.jpg")
    process = start("stylize", "photo.jpg", "-s", "night", "-o", "x.png")
    assert process.stderr is not None
    with Path("photo.jpg").open("wb"):  # waits until it is read
        os.kill(process.pid, signal.SIGINT)
        said = process.stderr.read()
    process.stderr.close()
    assert process.wait() == 130
    assert "interrupted" in said and "Traceback" not in said and not Path("x.png").exists()


def test_ctrl_c_while_starting(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def interrupt(arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "run", interrupt)
    with pytest.raises(SystemExit) as left:
        main([])
    assert left.value.code == 130 and "interrupted" in capsys.readouterr().err


def test_unknown_verbs_and_options(call: Call) -> None:
    for arguments in (["stylise"], ["--nonsense"], ["stylize", "--nonsense"]):
        refused = call(*arguments)
        assert refused.code == 2 and refused.err.count("\n") == 1 and "--help" in refused.err


def test_exit_codes_are_documented(call: Call) -> None:
    told = call("--help").out
    assert all(str(code) in told for code in EXIT_CODES)


@pytest.mark.parametrize("group", [(), ("style",)], ids=["styler", "styler style"])
def test_without_a_verb_the_help_is_shown_as_it_is(call: Call, group: tuple[str, ...]) -> None:
    bare, asked = call(*group), call(*group, "--help")
    assert (bare.code, bare.err) == (0, "")
    assert bare.out == asked.out and len(bare.out.splitlines()) > 10


def test_version(call: Call) -> None:
    assert call("--version").out == f"styler {info.version('styler')}\n"


def test_main_leaves_with_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as left:
        main(["styles", "--nonsense"])
    assert left.value.code == 2 == run(["styles", "--nonsense"])


def alone(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """``styler`` in a process of its own, whose streams are its own, too."""
    program = "from styler.cli import main; main()"
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=os.environ | environment, capture_output=True)


def test_text_beyond_the_code_page_of_the_console_is_shown_as_well_as_can_be() -> None:
    listed = alone("styles", PYTHONIOENCODING="cp932")
    assert listed.returncode == 0 and not listed.stderr
    assert "The Night Caf?" in listed.stdout.decode("cp932")
    save(Path("фото.jpg"))
    arguments = ("stylize", "фото.jpg", "--style", "night", "--dry-run", "-o", "out.png")
    told = alone(*arguments, PYTHONIOENCODING="cp1252")
    assert told.returncode == 0 and b"????.jpg -> out.png" in told.stdout


def test_what_libraries_warn_of_is_not_shown() -> None:
    """A photo whose EXIF data Pillow warns of, with a line of its own source."""
    damaged = struct.pack("<4sIHHHIIHHII", b"II*\0", 8, 9, 0x0112, 3, 1, 1, 0x010F, 2, 255, 1 << 30)
    save(Path("photo.jpg"), exif=b"Exif\0\0" + damaged)
    done = alone("stylize", "photo.jpg", "--style", "night", "-o", "out.png", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_nor_by_further_processes_of_the_server(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    serving = importlib.import_module("styler_server.serving")
    monkeypatch.setattr(serving, "serve", lambda **options: given.update(options))
    assert call("serve", "--workers", 2, "--port", 0).code == 0
    assert pickle.loads(pickle.dumps(given["prepare"])) is hush  # as it reaches them
    program = (
        "import logging, warnings; from styler.cli import hush; hush()\n"
        "warnings.warn('heard'); logging.getLogger('library').warning('heard')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.returncode == 0 and b"heard" not in done.stderr


def test_the_engine_leaves_errors_to_its_caller() -> None:
    """Onnxruntime writes a coloured log of each failure, next to what it raises."""
    program = (
        "import numpy as np; from styler import Stylizer; stylizer = Stylizer(threads=1)\n"
        "try: stylizer._engine.encode(np.zeros((1, 3, 1, 1), np.float32)[:, :, :0])\n"
        "except Exception: print('raised')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True)
    assert done.stdout == b"raised\n" and done.stderr == b""
