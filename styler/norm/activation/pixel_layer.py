"""Layer normalization of each pixel over its channels, as ConvNeXt uses it.

Ba, Kiros & Hinton 2016, arXiv:1607.06450; Liu et al. 2022, "A ConvNet for the 2020s",
arXiv:2201.03545.
"""

from torch import Tensor

from styler.norm.activation.layer import layer_norm
from styler.norm.base import FeatureNorm, check_features
from styler.norm.registry import register
from styler.norm.statistics import Stats, check_feature_stats, feature_mask

__all__ = ["PixelLayerNorm", "pixel_layer_norm"]


def pixel_layer_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each position over its channels.

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_{nhw}}{\sqrt{\sigma^2_{nhw} + \epsilon}}
              + \beta_c

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1] that broadcast to ``x``: channels that enter the statistics, for
            example ``(1, C, 1, 1)``.
        stats: ``(mean, variance)`` that broadcast to ``(N, 1, *spatial)``, used instead.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Liu et al. 2022. Equal to torch's ``layer_norm`` of the tensor with channels last, whose
    kernel it uses: in the channels_last memory format that view is free.
    """
    check_features(x)
    last, shape = x.movedim(1, -1), x.shape[1:2]
    if mask is not None:
        mask = feature_mask(x, mask).movedim(1, -1)
    if stats is not None:
        check_feature_stats(stats, x[:, :1])
        mean, variance = (s.expand(x.shape[0], 1, *x.shape[2:]).movedim(1, -1) for s in stats)
        stats = mean, variance
    y = layer_norm(last, shape, weight, bias, eps, mask=mask, stats=stats).movedim(-1, 1)
    return y.contiguous() if x.is_contiguous() else y


@register(
    "pixel_layer",
    "activation",
    functional=pixel_layer_norm,
    axes="C of one pixel",
    formula="y = g_c (x - mean_nhw) / sqrt(var_nhw + eps) + b_c",
    shines="convolutional networks in the manner of transformers (ConvNeXt)",
    source="Liu et al. 2022, arXiv:2201.03545",
    channel_dim=1,
    torch="torch.nn.LayerNorm",
    aliases=("layer_per_pixel", "layer2d", "layer_norm_2d"),
)
class PixelLayerNorm(FeatureNorm):
    """:func:`pixel_layer_norm` with learned weight and bias per channel."""

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        check_features(x, self.num_features)
        return pixel_layer_norm(x, self.weight, self.bias, self.eps, mask=mask, stats=stats)
