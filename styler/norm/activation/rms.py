"""Root mean square normalization: layer norm without the mean, over all or some features.

Zhang & Sennrich 2019, "Root Mean Square Layer Normalization", arXiv:1910.07467.
"""

from collections.abc import Sequence
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

from styler.errors import ParameterError
from styler.norm.activation.layer import as_shape
from styler.norm.base import (
    FeatureNorm,
    also_called,
    cast,
    check_eps,
    check_features,
    check_shape,
)
from styler.norm.registry import register
from styler.norm.statistics import check_feature_stats, feature_mask, masked_mean_square, wide

__all__ = ["PartialRMSNorm", "RMSNorm", "rms_norm"]


def rms_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float | None = 1e-6,
    *,
    normalized_shape: int | Sequence[int] | None = None,
    fraction: float = 1.0,
    mask: Tensor | None = None,
    stats: Tensor | None = None,
) -> Tensor:
    r"""Divide the last axis, or several, by their root mean square.

    .. math:: y = \gamma \odot \frac{x}{\sqrt{\frac{1}{k} \sum_{i \le k} x_i^2 + \epsilon}} + \beta,
              \quad k = \lceil p \, d \rceil

    Args:
        x: ``(*, d)``, any floating dtype.
        weight, bias: ``(d,)``, or of the normalized shape; ``None`` is 1 and 0.
        eps: added to the mean square; default 1e-6. ``None`` is the machine epsilon of the dtype
            of ``x``, torch's default.
        normalized_shape: lengths of the last axes, over which the mean square is taken; ``None`` is
            the last axis alone.
        fraction: ``p`` in (0, 1]: share of the features, the first ones, that the mean square is
            estimated from. Below 1 it is the partial form (pRMSNorm), of one axis.
        mask: weights in [0, 1] that broadcast to ``x``: features that enter the mean square.
        stats: the mean square, broadcastable to ``x``, used instead of the input's own; with the
            variance it is ``x`` over its deviation, timm's SimpleNorm.

    Returns:
        Shape and dtype of ``x``.

    Raises:
        ParameterError: a fraction outside (0, 1], last axes that are not ``normalized_shape``, or a
            mask that does not fit.

    Source: Zhang & Sennrich 2019, eq. 4 and section 4. Equal to
    :func:`torch.nn.functional.rms_norm` (the kernel used for the whole axis), whose eps defaults to
    the machine epsilon of the dtype and which has no bias.
    """
    check_features(x, dim=-1)
    shape = tuple(x.shape[-1:]) if normalized_shape is None else as_shape(normalized_shape)
    if x.shape[-len(shape) :] != shape:
        raise ParameterError(
            f"rms norm over the last axes {shape} does not fit shape {tuple(x.shape)}"
        )
    if not 0 < fraction <= 1:
        raise ParameterError(f"fraction must be within (0, 1], not {fraction!r}")
    if fraction < 1 and len(shape) > 1:
        raise ParameterError(f"a fraction is of the last axis, not of {shape}")
    check_shape("weight", weight, shape)
    check_shape("bias", bias, shape)
    if stats is None and mask is None and fraction == 1 and x.numel():
        y = F.rms_norm(x, shape, cast(weight, x), eps)
        return y if bias is None else y + bias.to(x.dtype)
    if stats is None:
        part = slice(ceil(fraction * shape[-1]))
        narrowed = None if mask is None else feature_mask(x, mask)[..., part]
        stats = masked_mean_square(x[..., part], tuple(range(-len(shape), 0)), narrowed)
    check_feature_stats(stats, x)
    eps = torch.finfo(x.dtype).eps if eps is None else eps
    y = wide(x) * torch.rsqrt(stats + eps)
    if weight is not None:
        y = y * weight
    return (y if bias is None else y + bias).to(x.dtype)


@register(
    "rms",
    "activation",
    functional=rms_norm,
    axes="the last axis (features) of each position",
    formula="y = g x / sqrt(mean(x^2) + eps) + b",
    shines="large language models: layer norm's effect for less work",
    source="Zhang & Sennrich 2019, arXiv:1910.07467",
    channel_dim=-1,
    torch="torch.nn.RMSNorm",
    aliases=("rms_norm",),
)
@also_called(normalized_shape="num_features", elementwise_affine="affine")
class RMSNorm(FeatureNorm):
    """:func:`rms_norm` with a learned weight, and on request the bias of the paper.

    Args:
        num_features: length of the last axis, or the lengths of the last axes.
        eps: added to the mean square; default 1e-6. ``None`` is the machine epsilon of the input's
            dtype.
        affine, device, dtype: see :class:`styler.norm.base.FeatureNorm`. torch's names
            ``normalized_shape`` and ``elementwise_affine`` are understood, too.
        bias: learn a bias too; default ``False``.
    """

    fraction = 1.0
    eps: float | None  # type: ignore[assignment]

    def __init__(
        self,
        num_features: int | Sequence[int],
        *,
        eps: float | None = 1e-6,
        affine: bool = True,
        bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.normalized_shape = as_shape(num_features)
        last = self.normalized_shape[-1]
        super().__init__(last, affine=affine, bias=bias, device=device, dtype=dtype)
        self.eps = eps if eps is None else check_eps(eps)

    def parameter_shape(self) -> tuple[int, ...]:
        return self.normalized_shape

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features, dim=-1)
        return rms_norm(
            x,
            self.weight,
            self.bias,
            self.eps,
            normalized_shape=self.normalized_shape,
            fraction=self.fraction,
            mask=mask,
            stats=stats,
        )

    def extra_repr(self) -> str:
        shape = self.normalized_shape
        lengths = self.num_features if len(shape) == 1 else shape
        return f"{lengths}, eps={self.eps}, affine={self.affine}"


@register(
    "partial_rms",
    "activation",
    functional=rms_norm,
    axes="the first part of the last axis of each position",
    formula="y = g x / sqrt(mean(x_1..k^2) + eps) + b, k = ceil(p d)",
    shines="where even the mean square of all features is too dear",
    source="Zhang & Sennrich 2019, arXiv:1910.07467, section 4",
    channel_dim=-1,
    aliases=("prms",),
)
class PartialRMSNorm(RMSNorm):
    """:class:`RMSNorm` with the mean square of the first ``fraction`` of the features.

    Args:
        num_features: length of the last axis.
        fraction: share of the features in (0, 1]; default 0.0625, the paper's 6.25 %.
        eps, affine, bias, device, dtype: see :class:`RMSNorm`.
    """

    def __init__(
        self,
        num_features: int | Sequence[int],
        *,
        fraction: float = 0.0625,
        eps: float | None = 1e-6,
        affine: bool = True,
        bias: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        if not 0 < fraction <= 1:
            raise ParameterError(f"fraction must be within (0, 1], not {fraction!r}")
        if len(self.normalized_shape) > 1:
            raise ParameterError(f"partial rms norm is over the last axis, not {num_features}")
        self.fraction = fraction

    def extra_repr(self) -> str:
        return f"{self.num_features}, fraction={self.fraction:g}, eps={self.eps}"
