"""Gradient clipping by norm: long gradients are shortened, short ones left alone.

Pascanu, Mikolov & Bengio 2013, "On the difficulty of training Recurrent Neural Networks",
arXiv:1211.5063.
"""

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.utils import clip_grads_with_norm_

from styler.errors import ParameterError
from styler.norm.gradient.vector import gradients, joint_norm
from styler.norm.registry import register

__all__ = ["clip_gradient_norm_"]


@register(
    "gradient_clip",
    "gradient",
    axes="all gradients together",
    formula="G = G min(1, c / |G|)",
    shines="recurrent networks and transformers: one bad batch cannot undo training",
    source="Pascanu et al. 2013, arXiv:1211.5063",
    torch="torch.nn.utils.clip_grad_norm_",
    aliases=("clip_grad_norm",),
)
def clip_gradient_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0
) -> Tensor:
    r"""Scale all gradients together, in place, so that their joint norm is at most ``max_norm``.

    .. math:: G \leftarrow G \min\left(1, \frac{c}{\lVert G \rVert_p}\right)

    Args:
        parameters: tensors whose ``grad`` is clipped; those without one are left out.
        max_norm: ``c``, above 0.
        norm_type: ``p``; default 2, ``inf`` for the largest absolute value.

    Returns:
        The norm before, a tensor of no axes.

    Raises:
        ParameterError: a ``max_norm`` that is not positive.

    Source: Pascanu et al. 2013, algorithm 1. Equal to :func:`torch.nn.utils.clip_grad_norm_`, which
    takes the norm of gradients in half precision in half precision.
    """
    if not max_norm > 0:
        raise ParameterError(f"max_norm must be above 0, not {max_norm!r}")
    tensors = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    grads = gradients(tensors)
    if not grads:
        return torch.zeros(())
    total = joint_norm(grads, norm_type)
    clip_grads_with_norm_(tensors, max_norm, total)
    return total
