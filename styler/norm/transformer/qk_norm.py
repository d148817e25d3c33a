"""Query-key normalization: attention by cosine, with a learned temperature.

Henry, Dachapally, Pawar & Chen 2020, "Query-Key Normalization for Transformers", arXiv:2010.04245.
"""

from math import log2

import torch
from torch import Tensor, nn

from styler.norm.base import check_count, check_eps, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.transformer.scale_norm import scale_norm

__all__ = ["QKNorm", "qk_norm"]


def qk_norm(
    query: Tensor, key: Tensor, scale: Tensor | float = 1.0, eps: float = 1e-5
) -> tuple[Tensor, Tensor]:
    r"""Unit queries and keys; the queries carry the scale.

    .. math:: \mathrm{softmax}\left( g \, \frac{q}{\lVert q \rVert} \cdot
              \frac{k}{\lVert k \rVert} \right) V

    Args:
        query, key: ``(*, length, d)``, any floating dtype.
        scale: ``g``, one number.
        eps: least norm to divide by; default 1e-5.

    Returns:
        Query of length ``scale`` and key of length 1, to be used with attention of ``scale=1.0``
        (instead of the usual ``d ** -0.5``).

    Source: Henry et al. 2020, eq. 2 and 3. Not in torch.
    """
    return scale_norm(query, scale, eps), scale_norm(key, 1.0, eps)


@register(
    "qk",
    "transformer",
    functional=qk_norm,
    axes="the last axis of each query and key",
    formula="softmax(g q/|q| . k/|k|) V, g learned",
    shines="keeps attention from saturating: low-resource translation, very large models",
    source="Henry et al. 2020, arXiv:2010.04245",
    aliases=("qk_norm",),
)
class QKNorm(nn.Module):
    """:func:`qk_norm` with a learned scale, at the start ``log2(L^2 - L)``.

    Args:
        num_features: length of queries and keys, which is checked; ``None`` (default) takes any.
        length: ``L``, typical length of the sequences, at least 2; the paper takes the 97.5th
            percentile of the training data.
        eps: least norm to divide by; default 1e-5.
        device, dtype: of the parameter.
    """

    def __init__(
        self,
        num_features: int | None = None,
        *,
        length: int = 64,
        eps: float = 1e-5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.length = max(2, check_count("length", length))
        self.eps = check_eps(eps)
        self.scale = nn.Parameter(torch.empty((), device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale ``log2(L^2 - L)``."""
        nn.init.constant_(self.scale, log2(self.length**2 - self.length))

    def forward(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        check_features(query, self.num_features, dim=-1)
        check_features(key, self.num_features, dim=-1)
        return qk_norm(query, key, self.scale, self.eps)

    def extra_repr(self) -> str:
        return f"length={self.length}, eps={self.eps:g}"
