"""Check an installation from outside the source tree; exit code 1 says what is wrong with it.

cd / && /path/to/venv/bin/python /path/to/check_install.py          any installation
cd / && /path/to/venv/bin/python /path/to/check_install.py --base   one without torch
"""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"styler": "styler", "server": "styler_server", "weights": "styler_weights"}
PRIVATE = ("server", "weights", "tests", "benchmarks", "scripts", "docs")
SOURCES = (".pyc", ".toml")  # what packages leave behind: caches, and what presets are made from


def problems(base: bool) -> Iterator[str]:
    yield from (f"a module named {name} is importable" for name in PRIVATE if find_spec(name))
    for folder, name in PACKAGES.items():
        yield from _missing(ROOT / folder, name)
    if base and find_spec("torch"):
        yield "torch is installed"
    import styler
    from styler.models import models

    yield from (f"{model} has no presets" for model in models() if not styler.presets(model))
    if base and "torch" in sys.modules:
        yield "importing styler imports torch"


def _missing(folder: Path, package: str) -> Iterator[str]:
    """Files of a folder that its installed package lacks."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        yield f"{package} is missing"
        return
    installed = Path(spec.origin).parent
    for source in sorted(folder.rglob("*")):
        inside = source.relative_to(folder)
        if source.is_file() and source.suffix not in SOURCES and not (installed / inside).is_file():
            yield f"{package} lacks {inside}"


if __name__ == "__main__":
    sys.path = [entry for entry in sys.path if not entry.endswith("scripts")]
    wrong = list(problems("--base" in sys.argv))
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(bool(wrong))
