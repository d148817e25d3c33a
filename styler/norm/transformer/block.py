"""A transformer block that takes the placement and the norm by name."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count, check_features, reset
from styler.norm.transformer.head_qk_norm import HeadQKNorm, Kind
from styler.norm.transformer.qk_norm import QKNorm
from styler.norm.transformer.residual import Placement, Residual

__all__ = ["Attention", "TransformerBlock"]


class Attention(nn.Module):
    """Multi-head self-attention, on request with normalized queries and keys.

    Args:
        num_features: ``d``; must be a multiple of ``heads``.
        heads: number of heads.
        qk_norm: normalize queries and keys: ``True`` by their lengths
            (:class:`styler.norm.QKNorm`), "rms" or "layer" by learned norms of each head
            (:class:`styler.norm.HeadQKNorm`).
        causal: no position sees a later one.
        device, dtype: of the parameters.

    ``forward`` maps ``(N, length, d)`` to the same shape.
    """

    def __init__(
        self,
        num_features: int,
        heads: int,
        *,
        qk_norm: bool | Kind = False,
        causal: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        if check_count("num_features", num_features) % check_count("heads", heads):
            raise ParameterError(f"{heads} heads do not divide {num_features} features")
        self.heads, self.causal = heads, causal
        self.into = nn.Linear(num_features, 3 * num_features, device=device, dtype=dtype)
        self.out = nn.Linear(num_features, num_features, device=device, dtype=dtype)
        self.qk_norm: QKNorm | HeadQKNorm | None = None
        if qk_norm is True:
            self.qk_norm = QKNorm(device=device, dtype=dtype)
        elif qk_norm:
            self.qk_norm = HeadQKNorm(
                num_features // heads, heads=heads, kind=qk_norm, device=device, dtype=dtype
            )

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        if x.dim() != 3:
            raise ParameterError(f"attention takes (N, length, d), not shape {tuple(x.shape)}")
        n, length, features = x.shape
        split = (n, length, 3, self.heads, features // self.heads)
        query, key, value = self.into(x).reshape(split).permute(2, 0, 3, 1, 4)  # (N, heads, L, d')
        scale = None
        if self.qk_norm is not None:
            query, key = self.qk_norm(query, key)
            scale = 1.0 if isinstance(self.qk_norm, QKNorm) else None
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
        qk_norm: normalize queries and keys; see :class:`Attention`.
        causal: no position sees a later one.
        device, dtype: of the parameters.

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
        qk_norm: bool | Kind = False,
        causal: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        place: dict[str, Any] = {"device": device, "dtype": dtype}
        width = 4 * num_features if hidden is None else check_count("hidden", hidden)
        attention = Attention(num_features, heads, qk_norm=qk_norm, causal=causal, **place)
        perceptron = nn.Sequential(
            nn.Linear(num_features, width, **place),
            nn.GELU(),
            nn.Linear(width, num_features, **place),
        )
        around = dict(place, placement=placement, norm=norm)
        self.attention = Residual(attention, num_features, **around)
        self.perceptron = Residual(perceptron, num_features, **around)

    def reset_parameters(self) -> None:
        """Linear layers at random, norms as new."""
        for part in self.children():
            reset(part)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.perceptron(self.attention(x))
        return y
