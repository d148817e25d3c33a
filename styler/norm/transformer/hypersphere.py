"""The normalized transformer: hidden states on a sphere, moved along it by learned steps.

Loshchilov, Hsieh, Sun & Ginsburg 2024, "nGPT: Normalized Transformer with Representation Learning
on the Hypersphere", arXiv:2410.01131.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count, check_eps, check_features, check_shape, reset
from styler.norm.registry import register
from styler.norm.statistics import wide
from styler.norm.transformer.scale_norm import scale_norm

__all__ = ["HypersphereResidual", "hypersphere_step", "unit_weights_"]


def hypersphere_step(x: Tensor, target: Tensor, alpha: Tensor | float, eps: float = 1e-6) -> Tensor:
    r"""Move unit vectors towards others, and put them back onto the sphere.

    .. math:: y = \mathrm{Norm}\left( x + \alpha \odot (\mathrm{Norm}(t) - x) \right), \qquad
              \mathrm{Norm}(v) = \frac{v}{\lVert v \rVert}

    Args:
        x: ``(*, d)``, of unit length, any floating dtype.
        target: ``t``, same shape; what a branch suggests, of any length.
        alpha: how far to go for each feature, ``(d,)`` or one number.
        eps: least length to divide by; default 1e-6.

    Returns:
        Shape and dtype of ``x``, of unit length.

    Raises:
        ParameterError: shapes that do not fit.

    Source: Loshchilov et al. 2024, eq. 10 and 11. Not in torch.
    """
    check_features(x, dim=-1)
    check_shape("target", target, x.shape)
    if isinstance(alpha, Tensor):
        check_shape("alpha", alpha, (x.shape[-1],), (1,), ())
    return scale_norm(wide(x) + alpha * (scale_norm(wide(target), 1.0, eps) - x), 1.0, eps).to(
        x.dtype
    )


@torch.no_grad()
def unit_weights_(weights: nn.Module | Iterable[Tensor], dim: int = -1, eps: float = 1e-12) -> None:
    r"""Put every vector of weights onto the unit sphere, in place; call it after each step.

    .. math:: w_i \leftarrow \frac{w_i}{\lVert w_i \rVert}

    Args:
        weights: a module, of which every parameter of two axes and more is meant, or tensors.
        dim: axis along which a vector lies: that of the model's width. The default -1 is right for
            embeddings and for layers that read hidden states; 0 for those that write them.
        eps: least length to divide by: zeros stay zero.

    Raises:
        ParameterError: a tensor of one axis.

    Source: Loshchilov et al. 2024, section 2.6. Not in torch.
    """
    if isinstance(weights, nn.Module):
        weights = [p for p in weights.parameters() if p.dim() >= 2]
    for weight in weights:
        if weight.dim() < 2:
            raise ParameterError(f"a weight of shape {tuple(weight.shape)} has no rows")
        length = torch.linalg.vector_norm(weight, dim=dim, keepdim=True)
        weight.div_(length.clamp_min(eps))


@register(
    "hypersphere",
    "transformer",
    functional=hypersphere_step,
    axes="the last axis (features) of each position",
    formula="y = N(x + a (N(f(x)) - x)), N(v) = v / |v|, a learned per feature",
    shines="language models that train in fewer steps; no weight decay, no warm-up",
    source="Loshchilov et al. 2024, arXiv:2410.01131",
    aliases=("ngpt",),
)
class HypersphereResidual(nn.Module):
    """A branch whose output moves the hidden state along the sphere, by :func:`hypersphere_step`.

    Args:
        branch: ``f``, maps ``(*, d)`` to the same shape.
        num_features: ``d``.
        alpha: how far it goes at the start; default 0.05, of the order of one over the layers.
        eps: least length to divide by; default 1e-6.
        device, dtype: of the parameter.

    The parameter is kept at ``d ** -0.5`` for the start of alpha, so that it learns at the pace of
    the weights, which are of that size (see :func:`unit_weights_`); its sign does not matter.
    """

    def __init__(
        self,
        branch: nn.Module,
        num_features: int,
        *,
        alpha: float = 0.05,
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        if not alpha > 0:
            raise ParameterError(f"alpha must be above 0, not {alpha!r}")
        self.initial_alpha, self.eps = alpha, check_eps(eps)
        self.branch = branch
        self.scaled_alpha = nn.Parameter(torch.empty(num_features, device=device, dtype=dtype))
        nn.init.constant_(self.scaled_alpha, num_features**-0.5)

    def reset_parameters(self) -> None:
        """Steps as at the start, and the branch, by the ``reset_parameters`` of its parts."""
        nn.init.constant_(self.scaled_alpha, self.num_features**-0.5)
        reset(self.branch)

    @property
    def alpha(self) -> Tensor:
        """How far to go for each feature, ``(d,)``."""
        pace: float = self.initial_alpha * self.num_features**0.5
        return (self.scaled_alpha * pace).abs()

    def forward(self, x: Tensor, *args: Any, **options: Any) -> Tensor:
        """``args`` and ``options`` go to the branch."""
        check_features(x, self.num_features, dim=-1)
        return hypersphere_step(x, self.branch(x, *args, **options), self.alpha, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_features}, alpha={self.initial_alpha:g}"
