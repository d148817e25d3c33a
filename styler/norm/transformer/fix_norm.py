"""FixNorm: word vectors (or outputs) of one length, fixed or learned.

Nguyen & Chiang 2018, "Improving Lexical Choice in Neural Machine Translation", arXiv:1710.01329.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_eps, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.transformer.scale_norm import scale_norm

__all__ = ["FixNorm"]


@register(
    "fix",
    "transformer",
    functional=scale_norm,
    axes="the last axis (features) of each position",
    formula="y = r x / |x|, r fixed or learned",
    shines="embeddings and output vectors: no word wins by the length of its vector",
    source="Nguyen & Chiang 2018, arXiv:1710.01329",
    channel_dim=-1,
    torch="torch.nn.functional.normalize",
    aliases=("fixnorm", "fix_norm"),
)
class FixNorm(nn.Module):
    """:func:`styler.norm.scale_norm` by one radius.

    Args:
        num_features: length of the last axis, which is checked; ``None`` (default) takes any.
        radius: length of the outputs, or where it starts; default 1.
        learned: make the radius a parameter; default ``False``, the paper's.
        eps: least norm to divide by; default 1e-5.
        device, dtype: of the parameter.
    """

    radius: Tensor | float

    def __init__(
        self,
        num_features: int | None = None,
        *,
        radius: float = 1.0,
        learned: bool = False,
        eps: float = 1e-5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if not radius > 0:
            raise ParameterError(f"radius must be above 0, not {radius!r}")
        self.num_features = check_optional_count("num_features", num_features)
        self.eps, self.initial_radius = check_eps(eps), radius
        self.radius = radius
        if learned:
            del self.radius
            self.radius = nn.Parameter(torch.tensor(radius, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """The radius as it started."""
        if isinstance(self.radius, nn.Parameter):
            nn.init.constant_(self.radius, self.initial_radius)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        return scale_norm(x, self.radius, self.eps)

    @torch.no_grad()
    def project_(self, embedding: nn.Embedding) -> None:
        """Put every row of an embedding onto the sphere, in place."""
        embedding.weight.copy_(self(embedding.weight))

    def extra_repr(self) -> str:
        learned = ", learned" if isinstance(self.radius, nn.Parameter) else ""
        return f"radius={self.initial_radius:g}{learned}, eps={self.eps:g}"
