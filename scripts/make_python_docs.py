"""Write docs/python.md, the reference of the library, from its docstrings.

    python scripts/make_python_docs.py

A test compares the file with what this makes.
"""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import styler

PATH = Path(__file__).parents[1] / "docs" / "python.md"

INTRODUCTION = """\
# The Python library

Made from the docstrings by `python scripts/make_python_docs.py`; `help(styler.Stylizer)` says the
same. `styler.__version__` is the version that is installed.

```python
from styler import Stylizer

stylizer = Stylizer()                                  # loads the network, once
style = stylizer.style("painting.jpg")                 # or the name of a preset
painted = stylizer.stylize("photo.jpg", style, strength=0.8)
```

## What may be a picture

| given | painted |
| --- | --- |
| a path, or a binary file | an array: `(H, W, 3)`, with alpha `(H, W, 4)`; uint8, or uint16 where the photo has 16 bits |
| an array: `(H, W)`, or `(H, W, C)` of 1 to 4 channels; uint8, uint16, or floats from 0 to 1 | an array of its dtype: `(H, W, 3)`, with alpha `(H, W, 4)` |
| encoded bytes | encoded bytes in the photo's own format, or PNG where that is not written |
| a Pillow image | a Pillow image, with its EXIF data and resolution |
| a `styler.Picture` | a `styler.Picture` with its metadata |

The pixels are the same however the photo came. What of a file is damaged and left out stands in
`picture.metadata.notes`.
"""  # noqa: E501


def documented(name: str, value: Any) -> Iterator[str]:
    """A heading, the signature and the docstring of a name."""
    yield f"### `{name}`"
    full = inspect.signature(value)  # types differ in writing from one numpy to the next
    bare = [p.replace(annotation=p.empty) for p in full.parameters.values() if p.name != "self"]
    short = full.replace(parameters=bare, return_annotation=full.empty)
    yield f"```text\n{name.rpartition('.')[2]}{short}\n\n{inspect.getdoc(value)}\n```"


def reference() -> str:
    """The page."""
    values = {name: getattr(styler, name) for name in styler.__all__}
    errors = {
        name: value
        for name, value in values.items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    parts = [INTRODUCTION.rstrip(), "## Names"]
    for name, value in values.items():
        if name in errors:
            continue
        parts += documented(name, value)
        if isinstance(value, type):
            for member, function in vars(value).items():
                if not member.startswith("_") and callable(getattr(value, member)):
                    parts += documented(f"{name}.{member}", getattr(value, member))
                elif not member.startswith("_") and isinstance(function, property):
                    parts.append(f"`{name}.{member}`: {inspect.getdoc(function)}")
    parts.append("## Errors")
    parts.append("Each is in one line that names the thing and the remedy.")
    parts += [
        f"- `{n}` ({e.__bases__[0].__name__}): {inspect.getdoc(e)}" for n, e in errors.items()
    ]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PATH.write_text(reference(), "utf-8")
