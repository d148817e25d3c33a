"""The networks of a run through ``torch.compile``, which fuses what lies between convolutions."""

import torch
from torch import Tensor

from styler.errors import MissingDependencyError
from styler.network import Network, Vgg

__all__ = ["compile_"]


def compile_(network: Network, vgg: Vgg | None, where: torch.device) -> None:
    """Compile network and loss network in place; their tensors keep their names.

    Every shape gets a graph of its own, which is faster than one for all, and a run has few: the
    photos of the warm-up, those of painting with a quarter in its own style, the shifted ones, and
    the paintings.

    Raises:
        MissingDependencyError: torch finds no compiler for this device.
    """
    try:
        torch.compile(_probe)(torch.ones(2, device=where))
    except Exception as error:  # each backend has exceptions of its own
        reason = str(error).strip().splitlines()[0]
        raise MissingDependencyError(
            f"--compile needs a C++ compiler, and Triton on CUDA ({reason}); "
            "install g++ or leave the option out"
        ) from None
    network.compile(dynamic=False)
    network.style = torch.compile(network.style, dynamic=False)  # type: ignore[method-assign]
    if vgg is not None:
        vgg.compile(dynamic=False)


def _probe(x: Tensor) -> Tensor:
    return x + 1
