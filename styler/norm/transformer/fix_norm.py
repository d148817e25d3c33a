"""FixNorm: word vectors (or outputs) of one fixed length.

Nguyen & Chiang 2018, "Improving Lexical Choice in Neural Machine Translation", arXiv:1710.01329.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_eps
from styler.norm.registry import register
from styler.norm.transformer.scale_norm import scale_norm

__all__ = ["FixNorm"]


@register(
    "fix",
    "transformer",
    functional=scale_norm,
    axes="the last axis (features) of each position",
    formula="y = r x / |x|, r fixed",
    shines="embeddings and output vectors: no word wins by the length of its vector",
    source="Nguyen & Chiang 2018, arXiv:1710.01329",
    channel_dim=-1,
    torch="torch.nn.functional.normalize",
    aliases=("fixnorm", "fix_norm"),
)
class FixNorm(nn.Module):
    """:func:`styler.norm.scale_norm` by a fixed radius, without parameters.

    Args:
        num_features: not needed; taken so that any norm can stand in for any other.
        radius: length of the outputs; default 1.
        eps: least norm to divide by; default 1e-5.
    """

    def __init__(
        self, num_features: int | None = None, *, radius: float = 1.0, eps: float = 1e-5
    ) -> None:
        super().__init__()
        if not radius > 0:
            raise ParameterError(f"radius must be above 0, not {radius!r}")
        self.radius, self.eps = radius, check_eps(eps)

    def forward(self, x: Tensor) -> Tensor:
        return scale_norm(x, self.radius, self.eps)

    @torch.no_grad()
    def project_(self, embedding: nn.Embedding) -> None:
        """Put every row of an embedding onto the sphere, in place."""
        embedding.weight.copy_(self(embedding.weight))

    def extra_repr(self) -> str:
        return f"radius={self.radius:g}, eps={self.eps:g}"
