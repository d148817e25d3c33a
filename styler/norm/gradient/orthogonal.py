"""Orthogonalized gradients: every singular value brought to one, as Muon does to its steps.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; the view as steepest
descent in the spectral norm, Bernstein & Newhouse 2024, arXiv:2409.20325.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["orthogonalize", "orthogonalize_gradient_"]

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that lifts small singular values fastest, to within 0.7 and 1.2."""


def orthogonalize(matrix: Tensor, steps: int = 5, eps: float = 1e-7) -> Tensor:
    r"""About the nearest (semi-)orthogonal matrix, by Newton and Schulz's iteration.

    .. math:: X_0 = \frac{G}{\lVert G \rVert_F}, \qquad
              X_{k+1} = a X_k + b (X_k X_k^T) X_k + c (X_k X_k^T)^2 X_k

    Args:
        matrix: ``(out, in, *kernel)``, taken as the matrix ``(out, in * kernel)``.
        steps: default 5, after which singular values lie between 0.7 and 1.2, those of less than a
            hundredth of the largest lower.
        eps: least length to divide by; default 1e-7: zeros stay zero.

    Returns:
        Shape and dtype of ``matrix``, computed in float32 at least.

    Raises:
        ParameterError: a matrix of one axis, or no steps.

    Source: Jordan et al. 2024. :func:`torch.optim.Muon` has it inside.
    """
    if matrix.dim() < 2:
        raise ParameterError(f"a gradient of shape {tuple(matrix.shape)} is no matrix")
    a, b, c = COEFFICIENTS
    x: Tensor = wide(matrix).flatten(1)
    flat = x.shape[0] > x.shape[1]
    x = x.mT if flat else x
    x = x / torch.linalg.vector_norm(x).clamp_min(eps)
    for _ in range(check_count("steps", steps)):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    out: Tensor = x.mT if flat else x
    return out.reshape(matrix.shape).to(matrix.dtype)


@register(
    "orthogonal_gradient",
    "gradient",
    functional=orthogonalize,
    axes="a whole gradient",
    formula="G = U V^T, for G = U S V^T, by Newton-Schulz",
    shines="hidden layers of large networks: directions that rarely get a gradient learn too",
    source="Jordan et al. 2024 (Muon)",
    aliases=("muon", "orthogonalize"),
)
@torch.no_grad()
def orthogonalize_gradient_(
    parameters: nn.Module | Tensor | Iterable[Tensor], steps: int = 5, eps: float = 1e-7
) -> None:
    """Orthogonalize, in place, the gradient of every weight of two axes and more.

    Args:
        parameters: a module, or tensors; those without ``grad`` and vectors are left alone.
        steps: of the iteration; default 5.
        eps: least length to divide by; default 1e-7.

    Raises:
        ParameterError: no steps.
    """
    check_count("steps", steps)
    if isinstance(parameters, nn.Module):
        parameters = parameters.parameters()
    for parameter in [parameters] if isinstance(parameters, Tensor) else parameters:
        if parameter.grad is not None and parameter.dim() >= 2:
            parameter.grad.copy_(orthogonalize(parameter.grad, steps, eps))
