"""Weight normalization: a weight's length and its direction learned apart.

Salimans & Kingma 2016, "Weight Normalization: A Simple Reparameterization to Accelerate Training of
Deep Neural Networks", arXiv:1602.07868.
"""

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.autograd import forward_ad
from torch.nn.utils import parametrize

from styler.norm.base import check_shape, is_traced
from styler.norm.registry import register
from styler.norm.weight.target import adopt_checkpoints, check_weight

__all__ = ["WeightNorm", "normalize_weight", "weight_norm"]

Module = TypeVar("Module", bound=nn.Module)


def normalize_weight(direction: Tensor, length: Tensor, dim: int | None = 0) -> Tensor:
    r"""A weight from direction and length.

    .. math:: w = g \frac{v}{\lVert v \rVert}

    Args:
        direction: ``v``, any shape; its own length does not matter.
        length: ``g``, the shape of ``v`` with all axes but ``dim`` of length 1; one number for
            ``None``.
        dim: the axis whose entries each have a length; 0 is the outputs of linear and convolution,
            ``None`` (for torch also -1) gives the whole weight one.

    Returns:
        Shape and dtype of ``direction``.

    Source: Salimans & Kingma 2016, eq. 2. The kernel is torch's own.
    """
    dim = -1 if dim is None else dim
    axes = [axis for axis in range(direction.dim()) if axis != dim]
    lengths = [1 if axis in axes else n for axis, n in enumerate(direction.shape)]
    if not (dim == -1 and length.dim() == 0):
        check_shape("length", length, tuple(lengths))
    # the kernel has no derivative forward in time, and divides by the number of values
    if not is_traced() and (is_dual(direction) or is_dual(length) or not direction.numel()):
        norm: Tensor = torch.linalg.vector_norm(direction, dim=axes, keepdim=True)
        return direction * (length / norm)
    return torch._weight_norm(direction, length, dim)


def is_dual(x: Tensor) -> bool:
    """Whether ``x`` carries a derivative forward in time."""
    if torch._C._are_functorch_transforms_active():
        return True
    return forward_ad.unpack_dual(x).tangent is not None  # type: ignore[no-untyped-call]


class WeightNorm(nn.Module):
    """Parametrization: ``(length, direction)`` to weight, and back."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, length: Tensor, direction: Tensor) -> Tensor:
        return normalize_weight(direction, length, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Length and direction that give ``weight``."""
        if self.dim in (None, -1):
            return weight.norm(), weight
        axes = [axis for axis in range(weight.dim()) if axis != self.dim]
        return weight.norm(2, axes, keepdim=True), weight

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


@register(
    "weight",
    "weight",
    functional=normalize_weight,
    axes="all of a weight but its outputs",
    formula="w = g v / |v|",
    shines="recurrent and generative networks, reinforcement learning: no batch, no noise",
    source="Salimans & Kingma 2016, arXiv:1602.07868",
    torch="torch.nn.utils.parametrizations.weight_norm",
    aliases=("weight_norm",),
)
def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn a weight of ``module`` by length and direction; the weight keeps its value.

    Args:
        module: has a parameter ``name`` of at least two axes; it is changed in place and returned.
        name: which parameter.
        dim: the axis of the outputs; 0 for linear and convolution, 1 for transposed convolution,
            ``None`` for one length of the whole weight.

    Raises:
        ParameterError: there is no such parameter, or it has one axis.

    Undo with :func:`torch.nn.utils.parametrize.remove_parametrizations`. Parameter names are those
    of :func:`torch.nn.utils.parametrizations.weight_norm`, and those of its predecessor
    (``weight_g``, ``weight_v``) are loaded, too.
    """
    check_weight(module, name)
    parametrize.register_parametrization(module, name, WeightNorm(dim))
    at = f"parametrizations.{name}"
    adopt_checkpoints(module, {f"{name}_g": f"{at}.original0", f"{name}_v": f"{at}.original1"})
    return module
