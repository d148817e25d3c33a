"""Neural style transfer: any photo in the style of any picture.

>>> import styler
>>> styler.stylize("photo.jpg", "painting.jpg").shape
(32, 48, 3)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from styler.errors import (
        ImageError,
        InputError,
        MissingDependencyError,
        OutputError,
        ParameterError,
        StorageError,
        StyleError,
        StylerError,
        TooLargeError,
        TrainingError,
        VideoError,
        WeightsError,
    )
    from styler.imaging import Picture
    from styler.inference.stylizer import ModelInfo, Stylizer, stylize
    from styler.styles import FeatureStats, Style, StyleInfo, preset, presets

__all__ = [
    "FeatureStats",
    "ImageError",
    "InputError",
    "MissingDependencyError",
    "ModelInfo",
    "OutputError",
    "ParameterError",
    "Picture",
    "StorageError",
    "Style",
    "StyleError",
    "StyleInfo",
    "StylerError",
    "Stylizer",
    "TooLargeError",
    "TrainingError",
    "VideoError",
    "WeightsError",
    "preset",
    "presets",
    "stylize",
]

_HOMES = {
    "FeatureStats": "styles",
    "ImageError": "errors",
    "InputError": "errors",
    "MissingDependencyError": "errors",
    "ModelInfo": "inference.stylizer",
    "OutputError": "errors",
    "ParameterError": "errors",
    "Picture": "imaging",
    "Style": "styles",
    "StorageError": "errors",
    "StyleError": "errors",
    "StyleInfo": "styles",
    "StylerError": "errors",
    "Stylizer": "inference.stylizer",
    "TooLargeError": "errors",
    "TrainingError": "errors",
    "VideoError": "errors",
    "WeightsError": "errors",
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
    if name == "__version__":
        from importlib.metadata import version

        return version("styler")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
