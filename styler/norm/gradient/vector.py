"""The gradient vector at a given length: only its direction counts.

Hazan, Levy & Shalev-Shwartz 2015, "Beyond Convexity: Stochastic Quasi-Convex Optimization",
arXiv:1507.02030 (normalized gradient descent).
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.registry import register

__all__ = ["gradients", "joint_norm", "normalize_gradient_"]


def gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients that are there, of one tensor or of many."""
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in tensors if p.grad is not None]


def joint_norm(tensors: Sequence[Tensor], ord: float = 2.0) -> Tensor:
    """Norm of all tensors as one vector, in float32 at least: half precision overflows early."""
    half = (torch.float16, torch.bfloat16)
    norms: list[Tensor] = []
    for part, dtype in (
        ([t for t in tensors if t.dtype not in half], None),
        ([t for t in tensors if t.dtype in half], torch.float32),
    ):
        norms += torch._foreach_norm(part, ord, dtype=dtype) if part else ()
    together: Tensor = torch.linalg.vector_norm(torch.stack([n.to(norms[0]) for n in norms]), ord)
    return together


@register(
    "gradient_vector",
    "gradient",
    axes="all gradients together",
    formula="G = r G / |G|",
    shines="plateaus and cliffs: steps of one length whatever the slope",
    source="Hazan et al. 2015, arXiv:1507.02030",
    aliases=("normalize_gradient",),
)
@torch.no_grad()
def normalize_gradient_(
    parameters: Tensor | Iterable[Tensor], length: float = 1.0, eps: float = 1e-12
) -> Tensor:
    r"""Scale all gradients together, in place, so that their joint 2-norm is ``length``.

    .. math:: G \leftarrow r \frac{G}{\max(\lVert G \rVert_2, \epsilon)}

    Args:
        parameters: tensors whose ``grad`` is scaled; those without one are left out.
        length: ``r``, above 0; default 1.
        eps: least norm to divide by: a gradient of zero stays zero.

    Returns:
        The norm before, a tensor of no axes.

    Raises:
        ParameterError: a length that is not positive.

    Source: Hazan et al. 2015, algorithm 1. Not in torch.
    """
    if not length > 0:
        raise ParameterError(f"length must be above 0, not {length!r}")
    grads = gradients(parameters)
    if not grads:
        return torch.zeros(())
    total = joint_norm(grads)
    torch._foreach_mul_(grads, length / total.clamp_min(eps))
    return total
