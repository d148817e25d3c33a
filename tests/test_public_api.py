"""What `import styler` offers, and what it must not import."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import styler

ROOT = Path(styler.__file__).parent.parent


def python(code: str) -> str:
    """Run code in a fresh interpreter; its output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True, text=True, timeout=120, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_all_is_what_the_namespace_offers() -> None:
    assert sorted([*styler.__all__, "__version__"]) == dir(styler)
    assert sorted(styler.__all__) == sorted(styler._HOMES)


def test_the_version_is_that_of_the_install() -> None:
    assert styler.__version__ == version("styler")


def test_every_error_is_at_hand() -> None:
    from styler import errors

    kinds = (value for value in vars(errors).values() if isinstance(value, type))
    assert {kind.__name__ for kind in kinds} <= {*styler.__all__}


@pytest.mark.parametrize("name", styler.__all__)
def test_every_name_is_there_and_documented(name: str) -> None:
    value = getattr(styler, name)
    assert value.__doc__
    assert value.__module__.startswith("styler.")


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="module 'styler' has no attribute 'nonsense'"):
        _ = styler.nonsense  # type: ignore[attr-defined]


def test_import_is_light() -> None:
    heavy = ("numpy", "torch", "onnxruntime", "PIL", "safetensors")
    assert python(f"import sys, styler; print([m for m in {heavy} if m in sys.modules])") == "[]"


def test_the_function_wins_over_the_module_of_its_name() -> None:
    code = "import styler.styles, styler; print(callable(styler.stylize), styler.Style.__name__)"
    assert python(code) == "True Style"


def test_painting_never_imports_torch() -> None:
    code = """
import sys
for name in ("torch", "torchvision", "onnx", "onnxscript"):
    sys.modules[name] = None
import numpy as np, styler
stylizer = styler.Stylizer(threads=1)
photo = np.arange(48 * 40 * 3, dtype=np.uint8).reshape(48, 40, 3)
painted = stylizer.stylize(photo, stylizer.style(photo[::-1]))
print(painted.shape, len(styler.presets()) >= 12)
"""
    assert python(code) == "(48, 40, 3) True"


def test_the_reference_is_complete() -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    assert sorted(re.findall(r"^::: styler\.(\w+)$", page, re.MULTILINE)) == sorted(styler.__all__)
