"""DeepNorm: post-norm with a residual that weighs more, for transformers of a thousand layers.

Wang, Ma, Dong, Huang, Zhang & Wei 2022, "DeepNet: Scaling Transformers to 1,000 Layers",
arXiv:2203.00555.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from styler.norm.base import check_count, check_features, reset
from styler.norm.registry import norm as make_norm
from styler.norm.registry import register

__all__ = ["DeepNorm", "deep_norm_gains"]


def deep_norm_gains(layers: int) -> tuple[float, float]:
    """``(alpha, beta)`` for a stack of ``layers`` (encoder only or decoder only).

    ``alpha = (2 layers) ** 0.25`` weighs the residual; ``beta = (8 layers) ** -0.25`` is the gain
    with which a branch's feed-forward, value and output weights start (Wang et al. 2022, figure 2).
    """
    return (2 * check_count("layers", layers)) ** 0.25, (8 * layers) ** -0.25


@register(
    "deep_norm",
    "transformer",
    axes="those of its norm, by default the last axis",
    formula="y = norm(a x + f(x)), a = (2 L)^(1/4)",
    shines="very deep transformers with the quality of post-norm",
    source="Wang et al. 2022, arXiv:2203.00555",
    aliases=("deepnorm",),
)
class DeepNorm(nn.Module):
    r"""A branch in post-norm placement whose residual is scaled up by the depth.

    .. math:: y = \mathrm{norm}(\alpha x + f(x)), \qquad \alpha = (2 L)^{1/4}

    Args:
        branch: ``f``, maps ``(*, d)`` to the same shape.
        num_features: ``d``.
        layers: ``L``, how many layers (of two branches each) the stack has.
        norm: of the last axis, by name, class or partial; default "layer".
        device, dtype: of the norm.

    The branch's weights are to start small: ``nn.init.xavier_normal_(w, gain=module.beta)`` for
    those of the feed-forward, value and output layers, gain 1 for queries and keys.

    Raises:
        ParameterError: an unknown norm, or other features.

    Source: Wang et al. 2022, section 4. Not in torch.
    """

    def __init__(
        self,
        branch: nn.Module,
        num_features: int,
        *,
        layers: int = 12,
        norm: str | Callable[..., Any] = "layer",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.alpha, self.beta = deep_norm_gains(layers)
        self.branch = branch
        self.norm: nn.Module = make_norm(norm, num_features).to(device=device, dtype=dtype)

    def reset_parameters(self) -> None:
        """The norm as new, and the branch, by the ``reset_parameters`` of its parts."""
        reset(self.norm)
        reset(self.branch)

    def forward(self, x: Tensor, *args: Any, **options: Any) -> Tensor:
        """``args`` and ``options`` go to the branch."""
        check_features(x, self.num_features, dim=-1)
        y: Tensor = self.norm(torch.add(self.branch(x, *args, **options), x, alpha=self.alpha))
        return y

    def extra_repr(self) -> str:
        return f"alpha={self.alpha:.5g}, beta={self.beta:.5g}"
