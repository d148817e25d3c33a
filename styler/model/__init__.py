"""The networks, in torch."""

from styler.errors import ParameterError

from .compact import compact
from .network import Network
from .vgg import Vgg, load_vgg

__all__ = ["Network", "Vgg", "build", "compact", "load_vgg"]


def build(architecture: str, *, norm: str = "none") -> Network:
    """An untrained network by name: ``"compact"`` or ``"classic"``."""
    if architecture == "compact":
        return compact(norm=norm)
    raise ParameterError(f"unknown architecture {architecture!r}; use compact or classic")
