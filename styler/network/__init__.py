"""The networks, in torch."""

from styler.errors import ParameterError, did_you_mean

from .classic import VGG16, VGG19, classic, set_encoder
from .compact import compact
from .microast import MicroAST
from .network import Network
from .vgg import Vgg, load_vgg

__all__ = [
    "ARCHITECTURES",
    "MicroAST",
    "Network",
    "Vgg",
    "build",
    "classic",
    "compact",
    "load_vgg",
    "set_encoder",
]

ARCHITECTURES = ("compact", "classic", "classic-vgg16")


def build(architecture: str, *, norm: str = "none") -> Network:
    """An untrained network by name.

    Args:
        architecture: ``"compact"``, the small fast one; ``"classic"``, VGG-19 and a mirrored
            decoder as in the AdaIN paper; ``"classic-vgg16"``, the same on VGG-16.
        norm: normalizer inside the blocks, a name of :mod:`styler.norm`.

    Raises:
        ParameterError: unknown name.
    """
    match architecture:
        case "compact":
            return compact(norm=norm)
        case "classic":
            return classic(norm=norm, blocks=VGG19)
        case "classic-vgg16":
            return classic(norm=norm, blocks=VGG16)
    hint = did_you_mean(architecture, ARCHITECTURES, f"use one of {', '.join(ARCHITECTURES)}")
    raise ParameterError(f"unknown architecture {architecture!r}; {hint}")
