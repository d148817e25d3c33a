"""A bound on how much a layer can stretch, in a norm of one's choice, after every step.

Gouk, Frank, Pfahringer & Cree 2018, "Regularisation of Neural Networks by Enforcing Lipschitz
Continuity", arXiv:1804.04368.
"""

from collections.abc import Iterable
from math import inf

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.registry import register
from styler.norm.statistics import wide
from styler.norm.weight.spectral import largest_singular_value

__all__ = ["bound_lipschitz", "bound_lipschitz_", "operator_norm"]


def operator_norm(weight: Tensor, ord: float = 2.0) -> Tensor:
    r"""How much a weight stretches at most, in the norm of order 1, 2 or infinity.

    .. math:: \lVert W \rVert_1 = \max_i \sum_o |w_{oi}|, \qquad
              \lVert W \rVert_2 = \sigma_1(W), \qquad
              \lVert W \rVert_\infty = \max_o \sum_i |w_{oi}|

    Args:
        weight: ``(out, in, *kernel)``. A convolution's sums run over the kernel too, which is its
            norm as a map for 1 and infinity (stride 1); for 2 it is the matrix's.
        ord: 1, 2 or ``inf``.

    Raises:
        ParameterError: another order, or a weight of one axis.

    Source: Gouk et al. 2018, section 3.
    """
    if weight.dim() < 2:
        raise ParameterError(f"a weight of shape {tuple(weight.shape)} is no linear map")
    if ord not in (1, 2, inf):
        raise ParameterError(f"ord must be 1, 2 or inf, not {ord!r}")
    if ord == 2:
        return largest_singular_value(weight)
    kept = 1 if ord == 1 else 0
    axes = tuple(axis for axis in range(weight.dim()) if axis != kept)
    return wide(weight).abs().sum(axes).max()


def bound_lipschitz(weight: Tensor, maximum: float = 1.0, ord: float = 2.0) -> Tensor:
    r"""Scale a weight down so that it stretches by ``maximum`` at most.

    .. math:: \pi(W) = \frac{W}{\max\left(1, \lVert W \rVert_p / \lambda\right)}

    Args:
        weight: ``(out, in, *kernel)``.
        maximum: ``lambda``, above 0; default 1.
        ord: ``p``: 1, 2 (default) or ``inf``; see :func:`operator_norm`.

    Returns:
        Shape and dtype of ``weight``.

    Raises:
        ParameterError: a maximum that is not positive, another order, a weight of one axis.

    Source: Gouk et al. 2018, eq. 9. Not in torch.
    """
    if not maximum > 0:
        raise ParameterError(f"maximum must be above 0, not {maximum!r}")
    factor = (operator_norm(weight, ord) / maximum).clamp_min(1)
    return (wide(weight) / factor).to(weight.dtype)


@register(
    "lipschitz",
    "weight",
    functional=bound_lipschitz,
    axes="a whole weight",
    formula="W = W / max(1, |W|_p / c)",
    shines="regularization by how far outputs can move, p = 1, 2 or infinity",
    source="Gouk et al. 2018, arXiv:1804.04368",
    aliases=("gouk",),
)
@torch.no_grad()
def bound_lipschitz_(
    weights: nn.Module | Iterable[Tensor], maximum: float = 1.0, ord: float = 2.0
) -> None:
    """Bound the operator norms of weights in place; call it after ``optimizer.step()``.

    Args:
        weights: a module, of which every parameter of two axes and more is bounded, or tensors.
        maximum: largest norm that stays; default 1.
        ord: 1, 2 (default) or ``inf``.

    Raises:
        ParameterError: a maximum that is not positive, another order, a tensor of one axis.
    """
    if isinstance(weights, nn.Module):
        weights = [p for p in weights.parameters() if p.dim() >= 2]
    for weight in weights:
        weight.copy_(bound_lipschitz(weight, maximum, ord))
