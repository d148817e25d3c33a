"""Unit length: each sample divided by its norm."""

from math import inf

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_eps, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["UnitLength", "unit_length"]


def unit_length(
    x: Tensor, ord: float = 2.0, dim: int = -1, eps: float = 1e-12
) -> tuple[Tensor, Tensor]:
    r"""Divide every vector by its length.

    .. math:: y = \frac{x}{\max(\lVert x \rVert_p, \epsilon)}

    Args:
        x: any shape, any floating dtype.
        ord: ``p``, above 0; default 2, ``inf`` for the largest absolute value.
        dim: the axis of the vectors; default the last.
        eps: least length to divide by: zero vectors stay zero.

    Returns:
        The unit vectors, in shape and dtype of ``x``, and their lengths before, with which
        ``y * length`` is ``x`` again.

    Raises:
        ParameterError: no floating tensor, or an order that is not positive.

    Source: feature scaling, textbook form. :func:`torch.nn.functional.normalize` without the
    lengths.
    """
    check_features(x, dim=dim)
    if not ord > 0:
        raise ParameterError(f"ord must be above 0, not {ord!r}")
    values = wide(x)
    length = torch.linalg.vector_norm(values, ord, dim, keepdim=True).clamp_min(eps)
    return (values / length).to(x.dtype), length


@register(
    "unit_length",
    "data",
    functional=unit_length,
    axes="the features of one observation",
    formula="y = x / |x|_p",
    shines="comparisons by angle: text and image embeddings",
    source="feature scaling, textbook form",
    torch="torch.nn.functional.normalize",
    aliases=("unit",),
)
class UnitLength(nn.Module):
    """:func:`unit_length` as a scaler. There is nothing to fit: every sample has its own length.

    Args:
        num_features: length of the axis, which is checked; ``None`` (default) takes any.
        ord: order of the norm; default 2.
        dim: the axis of the vectors; default the last.
        eps: least length to divide by.
    """

    def __init__(
        self,
        num_features: int | None = None,
        *,
        ord: float = 2.0,
        dim: int = -1,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        if not ord > 0:
            raise ParameterError(f"ord must be above 0, not {ord!r}")
        self.ord, self.dim, self.eps = ord, dim, check_eps(eps)

    def transform(self, x: Tensor) -> Tensor:
        """Unit vectors."""
        check_features(x, self.num_features, dim=self.dim)
        return unit_length(x, self.ord, self.dim, self.eps)[0]

    def inverse(self, y: Tensor, length: Tensor) -> Tensor:
        """The vectors of these lengths (see :func:`unit_length`) again."""
        return (wide(y) * length).to(y.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """:meth:`transform`."""
        return self.transform(x)

    def extra_repr(self) -> str:
        order = "inf" if self.ord == inf else f"{self.ord:g}"
        return f"ord={order}, dim={self.dim}"
