"""Check an installation from outside the source tree; exit code 1 says what is wrong with it.

cd / && /path/to/venv/bin/python /path/to/check_install.py          any installation
cd / && /path/to/venv/bin/python /path/to/check_install.py --base   one without torch
"""

import importlib.util
import sys

PRIVATE = ("server", "weights", "tests", "benchmarks", "scripts", "docs")


def problems(base: bool) -> list[str]:
    found = [f"a module named {name} is importable" for name in PRIVATE if _present(name)]
    packages = ("styler", "styler.cli", "styler_server", "styler_weights")
    found += [f"{name} is missing" for name in packages if not _present(name)]
    if base and _present("torch"):
        found.append("torch is installed")
    import styler

    if not styler.presets():
        found.append("no presets were found")
    if base and "torch" in sys.modules:
        found.append("importing styler imports torch")
    return found


def _present(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


if __name__ == "__main__":
    sys.path = [entry for entry in sys.path if not entry.endswith("scripts")]
    wrong = problems("--base" in sys.argv)
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(bool(wrong))
