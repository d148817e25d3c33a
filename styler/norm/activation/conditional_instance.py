"""Instance norm with a weight and bias for each of many styles, and for any mix of them.

Dumoulin, Shlens & Kudlur 2017, "A Learned Representation for Artistic Style", arXiv:1610.07629.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.instance import instance_norm
from styler.norm.base import FeatureNorm, check_count, check_features
from styler.norm.registry import register
from styler.norm.statistics import Stats

__all__ = ["ConditionalInstanceNorm"]


@register(
    "conditional_instance",
    "activation",
    functional=instance_norm,
    axes="H, W of one channel of one sample",
    formula="y = g_sc (x - mean_nc) / sqrt(var_nc + eps) + b_sc, s the sample's style",
    shines="one network for a fixed set of styles, and their mixtures",
    source="Dumoulin et al. 2017, arXiv:1610.07629",
    channel_dim=1,
    aliases=("cin",),
)
class ConditionalInstanceNorm(FeatureNorm):
    """:func:`styler.norm.instance_norm` whose weight and bias are rows of a table of styles.

    Args:
        num_features: channels ``C``.
        num_styles: rows of the table.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`; weight and bias
            are ``(num_styles, C)``.

    ``forward(x, style)`` takes ``(N, C, *spatial)`` and either one style for each sample, an
    integer tensor ``(N,)``, or weights of all styles, a floating tensor ``(N, num_styles)``, which
    mix the rows.
    """

    def __init__(
        self,
        num_features: int,
        num_styles: int,
        *,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.num_styles = check_count("num_styles", num_styles)
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )

    def parameter_shape(self) -> tuple[int, ...]:
        return (self.num_styles, self.num_features)

    def forward(
        self,
        x: Tensor,
        style: Tensor,
        mask: Tensor | None = None,
        stats: Stats | None = None,
    ) -> Tensor:
        check_features(x, self.num_features)
        weight, bias = (self._rows(table, style) for table in (self.weight, self.bias))
        return instance_norm(x, weight, bias, self.eps, mask=mask, stats=stats)

    def _rows(self, table: nn.Parameter | None, style: Tensor) -> Tensor | None:
        if table is None:
            return None
        if style.dim() == 2 and style.shape[1] == self.num_styles and style.is_floating_point():
            return style.to(table.dtype) @ table
        if style.dim() != 1 or style.is_floating_point():
            raise ParameterError(
                f"style must be indices (N,) or weights (N, {self.num_styles}), "
                f"not {style.dtype} of shape {tuple(style.shape)}"
            )
        try:
            return table[style]
        except IndexError as error:
            raise ParameterError(
                f"style {int(style.max())} is not there: the table has {self.num_styles} styles"
            ) from error

    def extra_repr(self) -> str:
        return f"{self.num_features}, num_styles={self.num_styles}, eps={self.eps:g}"
