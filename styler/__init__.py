"""Neural style transfer: any photo in the style of any picture.

>>> import styler
>>> styler.stylize("photo.jpg", "painting.jpg").shape
(32, 48, 3)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from styler.errors import StylerError
    from styler.imaging import Picture
    from styler.inference.stylizer import ModelInfo, Stylizer, stylize
    from styler.styles import FeatureStats, Style, StyleInfo, preset, presets

__all__ = [
    "FeatureStats",
    "ModelInfo",
    "Picture",
    "Style",
    "StyleInfo",
    "StylerError",
    "Stylizer",
    "preset",
    "presets",
    "stylize",
]

_HOMES = {
    "FeatureStats": "styles",
    "ModelInfo": "inference.stylizer",
    "Picture": "imaging",
    "Style": "styles",
    "StyleInfo": "styles",
    "StylerError": "errors",
    "Stylizer": "inference.stylizer",
    "preset": "styles",
    "presets": "styles",
    "stylize": "inference.stylizer",
}


def __getattr__(name: str) -> Any:
    # numpy and onnxruntime take a fifth of a second: `styler --help` has no use for them.
    if name in _HOMES:
        from importlib import import_module

        value = getattr(import_module(f"styler.{_HOMES[name]}"), name)
        # `styler.stylize` is the function from now on, whichever submodule was imported on the way.
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
