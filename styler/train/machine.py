"""What training asks of the machine: precision, an allocator that keeps memory, quick transfers."""

import ctypes
import platform

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["precision", "prepare", "to_device"]

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of glibc's ``mallopt``, from malloc.h."""


def prepare(where: torch.device) -> None:
    """Tune this process for many steps of equal shapes on a device.

    On a CPU: keep freed memory in the process instead of returning it after every operation. By
    default glibc maps each large tensor anew and the kernel clears its pages: more than half of a
    step's time. Without glibc nothing happens.

    On CUDA: try cuDNN's algorithms and keep the fastest for each shape, and multiply float32 as
    TF32. Which one is fastest may differ between runs, and with it the last bits.
    """
    if where.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
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


def to_device(array: NDArray[np.generic], where: torch.device) -> Tensor:
    """An array as a tensor on a device, without waiting until the device has it.

    A copy from ordinary memory would first let a GPU finish all that it was given to do.
    """
    tensor = torch.from_numpy(array)
    if where.type == "cuda":
        return tensor.pin_memory().to(where, non_blocking=True)
    return tensor.to(where)
