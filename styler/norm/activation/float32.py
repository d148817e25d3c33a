"""Any norm in float32 throughout, whatever the input or an autocast around it says.

As timm's ``Fp32`` variants have it: Wightman 2019, "PyTorch Image Models".
"""

from typing import Any

import torch
from torch import Tensor, nn

from styler.norm.base import NormHolder, reset

__all__ = ["Float32"]


class Float32(NormHolder):
    """A norm that sees float32 (float64 stays), with the output in the dtype of the input.

    The norms here compute statistics so anyway; this adds weight, bias and the result before it is
    rounded, and keeps autocast out. For norms of torch and others it is all of that.

    Args:
        norm: takes ``x`` first; other tensors given to ``forward`` are widened, too.
    """

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def reset_parameters(self) -> None:
        """The norm as new."""
        reset(self.norm)

    def forward(self, x: Tensor, *inputs: Any, **options: Any) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            options = {name: _widened(value) for name, value in options.items()}
            y: Tensor = self.norm(_widened(x), *map(_widened, inputs), **options)
        return y.to(x.dtype)


def _widened(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_widened, value))
    half = isinstance(value, Tensor) and value.dtype in (torch.float16, torch.bfloat16)
    return value.float() if half else value
