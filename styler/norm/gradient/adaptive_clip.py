"""Adaptive gradient clipping: each unit's gradient bounded by the size of its weights.

Brock, De, Smith & Simonyan 2021, "High-Performance Large-Scale Image Recognition Without
Normalization", arXiv:2102.06171.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.registry import register
from styler.norm.statistics import wide
from styler.norm.weight.target import TRANSPOSED

__all__ = ["adaptive_clip_", "unit_norm"]


def unit_norm(x: Tensor, dim: int = 0) -> Tensor:
    """2-norm of every unit: over all axes but ``dim``; of vectors and numbers, over all.

    Axes are kept with length 1. A bias or gain is one unit. In float32 at least.
    """
    axes = tuple(axis for axis in range(x.dim()) if axis != dim) if x.dim() > 1 else None
    dtype = wide(x.new_empty(0)).dtype
    norm: Tensor = torch.linalg.vector_norm(x, dim=axes, keepdim=True, dtype=dtype)
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
    parameters: nn.Module | Tensor | Iterable[Tensor],
    clipping: float = 0.01,
    eps: float = 1e-3,
    *,
    skip: Iterable[nn.Module | Tensor] = (),
) -> None:
    r"""Shorten, in place, the gradient of every unit that is long for its weights.

    .. math:: G_i \leftarrow \frac{c \max(\lVert W_i \rVert, \epsilon)}{\lVert G_i \rVert} G_i
              \quad\text{where}\quad \lVert G_i \rVert > c \max(\lVert W_i \rVert, \epsilon)

    Args:
        parameters: a module, or tensors ``(out, in, *kernel)`` and vectors; those without ``grad``
            are left out. Of a module it is known which weights are transposed.
        clipping: ``c``, above 0; default 0.01.
        eps: least norm of a weight, so that weights of zero can grow; default 1e-3.
        skip: modules and tensors that are left alone. The paper skips the last linear layer.

    Raises:
        ParameterError: a clipping that is not positive.

    Source: Brock et al. 2021, eq. 3. Not in torch.
    """
    if not clipping > 0:
        raise ParameterError(f"clipping must be above 0, not {clipping!r}")
    skipped = {id(tensor) for part in skip for tensor in _tensors(part)}
    transposed = set()
    if isinstance(parameters, nn.Module):
        layers = (m for m in parameters.modules() if isinstance(m, TRANSPOSED))
        transposed = {id(m.weight) for m in layers}
    for parameter in _tensors(parameters):
        if parameter.grad is None or id(parameter) in skipped:
            continue
        dim = 1 if id(parameter) in transposed else 0
        limit = clipping * unit_norm(parameter.detach(), dim).clamp_min(eps)
        length = unit_norm(parameter.grad, dim).clamp_min(torch.finfo(limit.dtype).tiny)
        parameter.grad.mul_((limit / length).clamp_max(1))


def _tensors(source: nn.Module | Tensor | Iterable[Tensor]) -> Iterable[Tensor]:
    if isinstance(source, nn.Module):
        return source.parameters()
    return [source] if isinstance(source, Tensor) else source
