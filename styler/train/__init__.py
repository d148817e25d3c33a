"""Training: a folder of photos and a folder of paintings to weights."""

from typing import TYPE_CHECKING, Any

from .config import TrainConfig

if TYPE_CHECKING:
    from .loop import Report, train

__all__ = ["Report", "TrainConfig", "train"]


def __getattr__(name: str) -> Any:
    # The configuration alone is wanted for `styler train --help`; torch takes seconds to import.
    if name in __all__:
        from . import loop

        return getattr(loop, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
