"""Layer normalization of a whole sample: all channels and positions share one mean and variance.

The convolutional form of Ba, Kiros & Hinton 2016, arXiv:1607.06450.
"""

from torch import Tensor

from styler.norm.activation.group import group_norm
from styler.norm.base import FeatureNorm, check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import Stats

__all__ = ["SampleLayerNorm", "sample_layer_norm"]


def sample_layer_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each sample over all its channels and positions.

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_n}{\sqrt{\sigma^2_n + \epsilon}} + \beta_c

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        weight, bias: ``(C,)`` or ``(1,)`` for the scalar pair of the paper; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: ``(mean, variance)``, each ``(N or 1, 1)``, used instead of the input's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Ba et al. 2016. Equal to torch's ``group_norm`` with one group; ``torch.nn.LayerNorm``
    over ``(C, H, W)`` differs in its weight per element, which ties it to one picture size.
    """
    check_features(x)
    c = x.shape[1]
    for what, value in (("weight", weight), ("bias", bias)):
        check_shape(what, value, (c,), (1,))
    weight, bias = (p if p is None or len(p) == c else p.expand(c) for p in (weight, bias))
    return group_norm(x, 1, weight, bias, eps, mask=mask, stats=stats)


@register(
    "sample_layer",
    "activation",
    functional=sample_layer_norm,
    axes="C, H, W of one sample",
    formula="y = g_c (x - mean_n) / sqrt(var_n + eps) + b_c",
    shines="convolutional networks whose channels' relative scale matters",
    source="Ba et al. 2016, arXiv:1607.06450",
    channel_dim=1,
    torch="torch.nn.GroupNorm",
    aliases=("layer_per_sample", "group_norm_1"),
)
class SampleLayerNorm(FeatureNorm):
    """:func:`sample_layer_norm` with learned weight and bias per channel."""

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        check_features(x, self.num_features)
        return sample_layer_norm(x, self.weight, self.bias, self.eps, mask=mask, stats=stats)
