"""Where torch computes."""

import torch

from styler.errors import ParameterError

__all__ = ["device"]


def device(name: str) -> torch.device:
    """The device of that name; ``"auto"`` takes CUDA, then MPS, then the CPU.

    Raises:
        ParameterError: torch knows no such device, or there is none here.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    try:
        wanted = torch.device(name)
    except RuntimeError:
        raise ParameterError(f"unknown device {name!r}; use auto, cpu, cuda or mps") from None
    if not available.get(wanted.type, False):
        raise ParameterError(f"device {name!r} is not available here; use auto or cpu")
    return wanted
