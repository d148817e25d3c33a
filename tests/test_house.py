"""The rules of the house: who may import whom, what needs torch, and where tests are.

``docs/architecture.md`` tells the same in words.
"""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

import styler

ROOT = Path(__file__).parents[1]

MAY_IMPORT = {
    "errors": (),
    "files": ("errors",),
    "halt": ("errors",),
    "progress": (),
    "controls": ("errors",),
    "imaging": ("errors", "files", "halt"),
    "models": ("errors", "files"),
    "styles": ("errors", "files", "imaging", "models"),
    "inference": ("errors", "halt", "progress", "controls", "imaging", "models", "styles"),
    "video": ("errors", "files", "halt", "controls", "imaging", "styles", "inference"),
    "jobs": (
        "errors", "files", "halt", "progress", "controls", "imaging", "styles", "inference",
        "video",
    ),
    "norm": ("errors",),
    "network": ("errors", "files", "models", "styles", "norm", "inference"),
    "evaluation": ("errors", "imaging", "inference", "norm", "network"),
    "train": (
        "errors", "files", "controls", "imaging", "styles", "inference", "norm", "network",
        "evaluation",
    ),
    "server": ("errors", "files", "halt", "controls", "imaging", "styles", "jobs", "inference"),
    "cli": (
        "errors", "files", "controls", "imaging", "models", "styles", "inference", "video",
        "jobs", "network", "evaluation", "train", "server",
    ),
}  # fmt: skip
"""Rooms in the order of their floors: each may import those named, which lie below it."""

BY_NAME = ("styler.inference.engine.__init__", "styler.network.engine")
"""The one import upwards: an engine that is opened when asked for by its name."""

TORCH = ("norm", "network", "evaluation", "train")
"""Rooms that need the training install. All others run without it."""

TOGETHER = {
    "test_deploy", "test_docs", "test_docstrings", "test_golden", "test_house",
    "test_public_api", "test_site",
    "cli/test_manual", "imaging/test_corpus", "imaging/test_mutation",
    "inference/engine/test_engines", "server/test_browser", "server/test_container",
    "server/test_description", "server/test_hostile", "server/test_manual", "server/test_sockets",
    "train/test_resume",
}  # fmt: skip
"""Tests of what many modules do together. Every other one is named after its module."""

TRAVEL = (
    "controls.py", "imaging/picture.py", "inference/steady.py",
    "inference/stylizer.py", "inference/paint.py",
)  # fmt: skip
"""The values that travel along a photo's way, and the two files that tell its steps."""

TELLS = ("Stylizer.stylize", "Stylizer._painted", "paint")
"""Where they tell them."""


def room_of(module: str) -> str | None:
    """The room of a module by its full name; ``None`` for what is not of this house."""
    package, _, rest = module.partition(".")
    if package == "styler_server":
        return "server"
    return rest.partition(".")[0] or "styler" if package == "styler" else None


def sources() -> Iterator[tuple[str, Path]]:
    """Every module by its room."""
    for path in sorted((ROOT / "styler").rglob("*.py")):
        inside = path.relative_to(ROOT / "styler")
        if inside.name != "__init__.py" or len(inside.parts) > 1:
            yield inside.parts[0].removesuffix(".py"), path
    for path in sorted((ROOT / "server").rglob("*.py")):
        yield "server", path


def named(value: str | Path) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else value


def full_name(path: Path) -> str:
    """As Python knows it: ``styler.inference.engine.__init__``."""
    package, *inside = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(["styler_server" if package == "server" else package, *inside])


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module that a file imports by its full name, and whether when it is imported itself."""
    tree = ast.parse(path.read_text("utf-8"))
    inner = {
        node
        for scope in ast.walk(tree)
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(scope, ast.If) and "TYPE_CHECKING" in ast.dump(scope.test))
        for node in ast.walk(scope)
    }
    for node in ast.walk(tree):
        at_once = node not in inner
        if isinstance(node, ast.Import):
            yield from ((alias.name, at_once) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = full_name(path).split(".")[: -node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            whole = module in ("styler", "styler_server")
            names = [f"{module}.{alias.name}" for alias in node.names] if whole else [module]
            yield from ((name, at_once) for name in names)


@pytest.mark.parametrize(("room", "path"), [*sources()], ids=named)
def test_rooms_import_what_lies_below(room: str, path: Path) -> None:
    for module, _ in imports(path):
        other = room_of(module)
        if other in styler.__all__:  # through the public face
            other = styler._HOMES[other].partition(".")[0]
        if other not in (None, room, "styler") and (full_name(path), module) != BY_NAME:
            assert other in MAY_IMPORT[room], f"{path}: {room} imports {module}"


@pytest.mark.parametrize(("room", "path"), [*sources()], ids=named)
def test_torch_stays_in_its_rooms(room: str, path: Path) -> None:
    for module, at_once in imports(path):
        package, other = module.partition(".")[0], room_of(module)
        if room not in TORCH:
            assert package not in ("torch", "torchvision", "onnx", "onnxscript"), path
            assert not (at_once and other in TORCH), f"{path} imports {module} at once"


def test_nothing_is_imported_in_a_circle_of_rooms() -> None:
    floors = list(MAY_IMPORT)
    for room, below in MAY_IMPORT.items():
        assert all(floors.index(other) < floors.index(room) for other in below), room
    assert {room for room, _ in sources()} == {*floors}


def test_every_module_of_the_base_install_runs_without_torch() -> None:
    names = [
        found.name
        for found in pkgutil.walk_packages(styler.__path__, "styler.")
        if room_of(found.name) not in TORCH and not found.name.endswith("__main__")
    ]
    code = (
        "import importlib, sys\n"
        "for name in ('torch', 'torchvision', 'onnx', 'onnxscript', 'matplotlib', 'ray'):\n"
        "    sys.modules[name] = None\n"
        f"for name in {names}: importlib.import_module(name)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    "name",
    [f.name for f in pkgutil.walk_packages(styler.__path__, "styler.") if "__main__" not in f.name],
)
def test_every_public_name_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for public in getattr(module, "__all__", ()):
        value = getattr(module, public)
        if isinstance(value, type) or hasattr(value, "__code__"):
            assert value.__doc__, f"{name}.{public}"


def test_tests_are_named_after_modules() -> None:
    modules = {
        "/".join(["server", *path.relative_to(ROOT / "server").parts])
        if room == "server"
        else "/".join(path.relative_to(ROOT / "styler").parts)
        for room, path in sources()
    }
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        inside = path.relative_to(ROOT / "tests")
        if inside.parts[0] in ("norm", "scripts") or str(inside.with_suffix("")) in TOGETHER:
            continue
        module = str(inside.with_name(inside.name.removeprefix("test_")))
        assert module in modules, f"{inside} tests no module {module}"
    tested = {path.parent.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert {room for room in MAY_IMPORT if (ROOT / "styler" / room).is_dir()} <= tested


def test_a_photo_never_goes_back(tmp_path: Path) -> None:
    """The way in ``docs/architecture.md``: in that order, and no file is entered twice."""
    from styler import Stylizer
    from styler.imaging import encode
    from styler.imaging.colour.icc import srgb_profile
    from tests.networks import picture

    stylizer, base = Stylizer(threads=1), str(ROOT / "styler") + "/"
    style = stylizer.style(picture(40, 50))
    photo = encode(styler.Picture(picture(60, 70)), "png", profile=False)
    srgb_profile.cache_clear()
    first: list[str] = []
    steps: list[str] = []

    def entered(frame: FrameType, event: str, _: object) -> None:
        path, caller = frame.f_code.co_filename, frame.f_back
        if event != "call" or not path.startswith(base):
            return
        file = path.removeprefix(base)
        if file not in first:
            first.append(file)
        of = caller.f_code.co_qualname if caller else ""
        if of in TELLS and file not in TRAVEL and steps[-1:] != [file]:
            steps.append(file)

    sys.setprofile(entered)
    stylizer.stylize(photo, style, strength=0.8, keep_colours="coral")
    sys.setprofile(None)
    way = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    assert first == re.findall(r"^\d+\. `([^`]+)`", way, re.MULTILINE)
    assert len(steps) == len(set(steps)), steps
