"""A transformer block that takes the placement and the norm by name."""

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count
from styler.norm.transformer.qk_norm import QKNorm
from styler.norm.transformer.residual import Placement, Residual

__all__ = ["Attention", "TransformerBlock"]


class Attention(nn.Module):
    """Multi-head self-attention, on request with normalized queries and keys.

    Args:
        num_features: ``d``; must be a multiple of ``heads``.
        heads: number of heads.
        qk_norm: normalize queries and keys (:class:`styler.norm.QKNorm`).
        causal: no position sees a later one.
    """

    def __init__(
        self, num_features: int, heads: int, *, qk_norm: bool = False, causal: bool = False
    ) -> None:
        super().__init__()
        if check_count("num_features", num_features) % check_count("heads", heads):
            raise ParameterError(f"{heads} heads do not divide {num_features} features")
        self.heads, self.causal = heads, causal
        self.into = nn.Linear(num_features, 3 * num_features)
        self.out = nn.Linear(num_features, num_features)
        self.qk_norm = QKNorm() if qk_norm else None

    def forward(self, x: Tensor) -> Tensor:
        n, length, features = x.shape
        split = (n, length, 3, self.heads, features // self.heads)
        query, key, value = self.into(x).reshape(split).permute(2, 0, 3, 1, 4)  # (N, heads, L, d')
        scale = None
        if self.qk_norm is not None:
            query, key = self.qk_norm(query, key)
            scale = 1.0
        seen = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal, scale=scale)
        joined: Tensor = self.out(seen.transpose(1, 2).reshape(n, length, features))
        return joined


class TransformerBlock(nn.Module):
    """Attention, then a two-layer perceptron, each on a residual branch with its norm.

    Args:
        num_features: ``d``.
        heads: heads of the attention; must divide ``d``.
        norm: of the last axis, by name, class or partial: "layer", "rms", "scale", ...
        placement: "pre", "post" or "sandwich"; see :class:`styler.norm.Residual`.
        hidden: width of the perceptron; ``None`` is ``4 d``.
        qk_norm: normalize queries and keys.
        causal: no position sees a later one.

    ``forward`` maps ``(N, length, d)`` to the same shape.

    Raises:
        ParameterError: an unknown norm or placement, or heads that do not divide ``d``.
    """

    def __init__(
        self,
        num_features: int,
        heads: int,
        *,
        norm: str | Callable[..., Any] = "layer",
        placement: Placement = "pre",
        hidden: int | None = None,
        qk_norm: bool = False,
        causal: bool = False,
    ) -> None:
        super().__init__()
        width = 4 * num_features if hidden is None else check_count("hidden", hidden)
        attention = Attention(num_features, heads, qk_norm=qk_norm, causal=causal)
        perceptron = nn.Sequential(
            nn.Linear(num_features, width), nn.GELU(), nn.Linear(width, num_features)
        )
        self.attention = Residual(attention, num_features, placement=placement, norm=norm)
        self.perceptron = Residual(perceptron, num_features, placement=placement, norm=norm)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.perceptron(self.attention(x))
        return y
