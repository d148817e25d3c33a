"""Adaptive gradient clipping: each unit's gradient bounded by the size of its weights.

Brock, De, Smith & Simonyan 2021, "High-Performance Large-Scale Image Recognition Without
Normalization", arXiv:2102.06171.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.registry import register

__all__ = ["adaptive_clip_", "unit_norm"]


def unit_norm(x: Tensor) -> Tensor:
    """2-norm of every unit: over all axes but the first; of vectors and numbers, over all.

    Axes are kept with length 1. A bias or gain is one unit.
    """
    axes = tuple(range(1, x.dim())) if x.dim() > 1 else None
    norm: Tensor = torch.linalg.vector_norm(x, dim=axes, keepdim=True)
    return norm


@register(
    "adaptive_gradient_clip",
    "gradient",
    axes="fan-in of each output of a weight",
    formula="G_i = G_i min(1, c max(|W_i|, eps) / |G_i|)",
    shines="networks without normalization at large batches and learning rates",
    source="Brock et al. 2021, arXiv:2102.06171",
    aliases=("agc",),
)
@torch.no_grad()
def adaptive_clip_(
    parameters: Tensor | Iterable[Tensor], clipping: float = 0.01, eps: float = 1e-3
) -> None:
    r"""Shorten, in place, the gradient of every unit that is long for its weights.

    .. math:: G_i \leftarrow \frac{c \max(\lVert W_i \rVert, \epsilon)}{\lVert G_i \rVert} G_i
              \quad\text{where}\quad \lVert G_i \rVert > c \max(\lVert W_i \rVert, \epsilon)

    Args:
        parameters: tensors ``(out, in, *kernel)`` or vectors; those without ``grad`` are left out.
            The paper leaves the last linear layer out.
        clipping: ``c``, above 0; default 0.01.
        eps: least norm of a weight, so that weights of zero can grow; default 1e-3.

    Raises:
        ParameterError: a clipping that is not positive.

    Source: Brock et al. 2021, eq. 3. Not in torch.
    """
    if not clipping > 0:
        raise ParameterError(f"clipping must be above 0, not {clipping!r}")
    tensors = [parameters] if isinstance(parameters, Tensor) else parameters
    for parameter in tensors:
        if parameter.grad is None:
            continue
        limit = clipping * unit_norm(parameter.detach()).clamp_min(eps)
        length = unit_norm(parameter.grad).clamp_min(torch.finfo(parameter.grad.dtype).tiny)
        parameter.grad.mul_((limit / length).clamp_max(1))
