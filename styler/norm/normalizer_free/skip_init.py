"""SkipInit: a residual branch behind one learned number that starts at zero.

De & Smith 2020, "Batch Normalization Biases Residual Blocks Towards the Identity Function in Deep
Networks", arXiv:2002.10444.
"""

from typing import Any

import torch
from torch import Tensor, nn

from styler.norm.base import reset
from styler.norm.registry import register

__all__ = ["SkipInit"]


@register(
    "skip_init",
    "normalizer-free",
    axes="none",
    formula="y = x + a f(x), a one learned number, zero at the start",
    shines="deep residual networks without normalization, at any batch size",
    source="De & Smith 2020, arXiv:2002.10444",
    aliases=("rezero",),
)
class SkipInit(nn.Module):
    r"""A residual branch that starts as nothing.

    .. math:: y = x + \alpha f(x)

    Args:
        branch: ``f``, maps its input to the same shape.
        alpha: where the number starts; default 0, the identity.
        device, dtype: of the parameter.

    ``forward(x, ...)`` returns shape and dtype of ``x``; other arguments go to the branch.

    Source: De & Smith 2020, section 3. Not in torch.
    """

    def __init__(
        self,
        branch: nn.Module,
        *,
        alpha: float = 0.0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.branch, self.initial_alpha = branch, alpha
        self.alpha = nn.Parameter(torch.full((), alpha, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """The number as it started, and the branch, by the ``reset_parameters`` of its parts."""
        nn.init.constant_(self.alpha, self.initial_alpha)
        reset(self.branch)

    def forward(self, x: Tensor, *args: Any, **options: Any) -> Tensor:
        return torch.addcmul(x, self.branch(x, *args, **options), self.alpha.to(x.dtype))

    def extra_repr(self) -> str:
        return f"alpha={self.initial_alpha:g}"
