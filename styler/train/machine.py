"""What training asks of the machine: a precision, and an allocator that keeps its memory."""

import ctypes
import platform

import torch

__all__ = ["precision", "prepare"]

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of glibc's ``mallopt``, from malloc.h."""


def prepare() -> None:
    """Keep freed memory in the process instead of returning it after every operation.

    By default glibc maps each large tensor anew and the kernel clears its pages: more than half of
    a CPU step's time. Without glibc nothing happens.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, -1)  # never
        libc.mallopt(M_TOP_PAD, 64 << 20)


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
