"""Layer normalization over the last axes of the input, as transformers use it.

Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450. For maps ``(N, C, H, W)`` see
``sample_layer`` (the whole sample) and ``pixel_layer`` (the channels of each pixel).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.base import (
    FeatureNorm,
    also_called,
    cast,
    check_count,
    check_features,
    check_shape,
)
from styler.norm.registry import register
from styler.norm.statistics import Stats, affine, check_feature_stats, masked_moments

__all__ = ["LayerNorm", "layer_norm"]


def as_shape(lengths: int | Sequence[int]) -> tuple[int, ...]:
    """The lengths of the last axes, given as a number or a sequence of at least one."""
    shape = tuple(lengths) if isinstance(lengths, Sequence) else (lengths,)
    if not shape:
        raise ParameterError("layer norm needs at least one axis to normalize")
    return tuple(check_count("num_features", length) for length in shape)


def layer_norm(
    x: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each sample over its last axes.

    .. math:: y = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta

    Args:
        x: ``(*, *normalized_shape)``, any floating dtype.
        normalized_shape: lengths of the last axes, over which statistics are taken; a number for
            one axis.
        weight, bias: of that shape; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1] that broadcast to ``x``: features that enter the statistics.
        stats: ``(mean, variance)`` that broadcast to ``x``, used instead of the input's own.

    Returns:
        Shape and dtype of ``x``.

    Raises:
        ParameterError: the last axes are not ``normalized_shape``, or a mask that does not fit.

    Source: Ba et al. 2016, eq. 3 and 4. Equal to :func:`torch.nn.functional.layer_norm` (the kernel
    used without mask and stats).
    """
    check_features(x, dim=-1)
    shape = as_shape(normalized_shape)
    check_shape("weight", weight, shape)
    check_shape("bias", bias, shape)
    if x.shape[-len(shape) :] != shape:
        remedy = "; for maps use sample_layer or pixel_layer" if x.dim() == 4 else ""
        raise ParameterError(
            f"layer norm over the last axes {shape} does not fit shape {tuple(x.shape)}{remedy}"
        )
    if stats is None and mask is None:
        return F.layer_norm(x, shape, cast(weight, x), cast(bias, x), eps)
    if stats is None:
        stats = masked_moments(x, tuple(range(-len(shape), 0)), mask)
    check_feature_stats(stats, x)
    return affine(x, stats, weight, bias, eps)


@register(
    "layer",
    "activation",
    functional=layer_norm,
    axes="the last axes (features) of each position",
    formula="y = g (x - mean) / sqrt(var + eps) + b, over the last axes",
    shines="transformers and recurrent networks; any batch size, any length",
    source="Ba et al. 2016, arXiv:1607.06450",
    channel_dim=-1,
    torch="torch.nn.LayerNorm",
    aliases=("ln", "layer_norm"),
)
@also_called(normalized_shape="num_features", elementwise_affine="affine")
class LayerNorm(FeatureNorm):
    """:func:`layer_norm` with learned weight and bias of the normalized shape.

    Args:
        num_features: length of the last axis, or the lengths of the last axes.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`. torch's names
            ``normalized_shape`` and ``elementwise_affine`` are understood, too.
    """

    def __init__(
        self,
        num_features: int | Sequence[int],
        *,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.normalized_shape = as_shape(num_features)
        last = self.normalized_shape[-1]
        super().__init__(last, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype)

    def parameter_shape(self) -> tuple[int, ...]:
        return self.normalized_shape

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        return layer_norm(
            x, self.normalized_shape, self.weight, self.bias, self.eps, mask=mask, stats=stats
        )

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps:g}, affine={self.affine}"
