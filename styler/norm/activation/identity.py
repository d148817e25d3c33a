"""No normalization, so that "none" is a choice like any other."""

from typing import Any

from torch import Tensor, nn

from styler.norm.registry import register

__all__ = ["Identity"]


@register(
    "none",
    "activation",
    axes="none",
    formula="y = x",
    shines="baselines; blocks whose statistics are handled elsewhere",
    source="-",
    torch="torch.nn.Identity",
    aliases=("identity",),
)
class Identity(nn.Module):
    r"""Returns its input, whatever it was built with, so that it can stand in for any norm.

    .. math:: y = x

    Source: :class:`torch.nn.Identity`, to which it is equal.
    """

    def __init__(self, num_features: int | None = None, **_: Any) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        return x
