"""Spectral clipping: after an optimizer step, no singular value above a limit.

Sedghi, Gupta & Long 2019, "The Singular Values of Convolutional Layers", arXiv:1805.10408, clip
singular values by projection; here of the matrix form.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["spectral_clip", "spectral_clip_"]


def spectral_clip(weight: Tensor, maximum: float = 1.0) -> Tensor:
    r"""The nearest matrix whose singular values are at most ``maximum``.

    .. math:: W = U \, \mathrm{diag}(\min(s, c)) \, V^T

    Args:
        weight: ``(out, in, *kernel)``, taken as the matrix ``(out, in * kernel)``.
        maximum: ``c``, above 0; default 1.

    Returns:
        Shape and dtype of ``weight``.

    Raises:
        ParameterError: a maximum that is not positive, or a weight of one axis.

    Source: Sedghi et al. 2019, who clip convolutions as maps; here the matrix. Not in torch.
    """
    if not maximum > 0:
        raise ParameterError(f"maximum must be above 0, not {maximum!r}")
    if weight.dim() < 2:
        raise ParameterError(f"a weight of shape {tuple(weight.shape)} has no singular values")
    u, s, vh = torch.linalg.svd(wide(weight).flatten(1), full_matrices=False)
    clipped: Tensor = (u * s.clamp_max(maximum)) @ vh
    return clipped.reshape(weight.shape).to(weight.dtype)


@register(
    "spectral_clip",
    "weight",
    functional=spectral_clip,
    axes="a whole weight",
    formula="W = U min(S, c) V^T",
    shines="a hard bound on every layer without changing the forward pass",
    source="Sedghi et al. 2019, arXiv:1805.10408",
)
@torch.no_grad()
def spectral_clip_(weights: nn.Module | Iterable[Tensor], maximum: float = 1.0) -> None:
    """Clip the singular values of weights in place; call it after ``optimizer.step()``.

    Args:
        weights: a module, of which every parameter of two axes and more is clipped, or tensors.
        maximum: largest singular value that stays; default 1.

    Raises:
        ParameterError: a maximum that is not positive, or a tensor of one axis.
    """
    if isinstance(weights, nn.Module):
        weights = [p for p in weights.parameters() if p.dim() >= 2]
    for weight in weights:
        weight.copy_(spectral_clip(weight, maximum))
