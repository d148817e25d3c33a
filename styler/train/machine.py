"""What the machine offers to training: a device, a precision, an allocator that keeps its memory."""

import ctypes
import platform

import torch

from styler.errors import ParameterError

__all__ = ["device", "precision", "prepare"]

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of glibc's ``mallopt``, from malloc.h."""


def prepare() -> None:
    """Keep freed memory in the process instead of returning it to the system after every operation.

    By default glibc maps each large tensor anew and the kernel clears its pages: more than half of a CPU
    step's time. Without glibc nothing happens.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, -1)  # never
        libc.mallopt(M_TOP_PAD, 64 << 20)


def device(name: str) -> torch.device:
    """The device of that name; ``auto`` takes CUDA, then MPS, then the CPU."""
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


def precision(name: str, where: torch.device) -> torch.dtype:
    """The dtype of convolutions; ``auto`` takes bfloat16 where the hardware multiplies it."""
    if name == "float32":
        return torch.float32
    if name == "bfloat16":
        return torch.bfloat16
    if where.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    if where.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return torch.bfloat16
    return torch.float32
