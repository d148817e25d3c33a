"""A border of one reflected pixel around maps, in their own memory format."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["reflect"]


def reflect(x: Tensor) -> Tensor:
    """``(N, C, H, W)`` with every side longer by one at each end, mirrored: ``(N, C, H+2, W+2)``.

    On CUDA, torch's own lays channels_last maps out anew before and after, and its gradient adds up
    in an order that differs from run to run. On a CPU, and compiled, it has neither fault.
    """
    if x.device.type != "cuda" or torch.compiler.is_compiling():
        return F.pad(x, (1, 1, 1, 1), mode="reflect")
    framed: Tensor = _Reflect.apply(x)
    return framed


class _Reflect(torch.autograd.Function):
    """The middle in one copy, then four strips; columns last, which brings the corners along."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        count, channels, height, width = x.shape
        channels_last = x.is_contiguous(memory_format=torch.channels_last)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        y = torch.empty(
            (count, channels, height + 2, width + 2),
            dtype=x.dtype,
            device=x.device,
            memory_format=layout,
        )
        y[:, :, 1:-1, 1:-1] = x
        y[:, :, 0, 1:-1], y[:, :, -1, 1:-1] = x[:, :, 1], x[:, :, -2]
        y[..., 0], y[..., -1] = y[..., 2], y[..., -3]
        return y

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        grad = grad.clone()
        grad[..., 2] += grad[..., 0]
        grad[..., -3] += grad[..., -1]
        grad[:, :, 2] += grad[:, :, 0]
        grad[:, :, -3] += grad[:, :, -1]
        return grad[:, :, 1:-1, 1:-1]
