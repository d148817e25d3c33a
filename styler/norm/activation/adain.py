"""Adaptive instance normalization: content in, the style's mean and deviation out.

Huang & Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
arXiv:1703.06868.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.instance import instance_norm
from styler.norm.base import check_eps, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.statistics import Stats, channel_moments

__all__ = ["AdaIN", "adain"]


def adain(
    x: Tensor,
    style: Tensor | Stats,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
    style_mask: Tensor | None = None,
    correction: int = 0,
) -> Tensor:
    r"""Give each channel of the content the mean and deviation of the style's.

    .. math:: y = \sqrt{\sigma_s^2 + \epsilon} \, \frac{x - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}}
              + \mu_s

    Both deviations use the same estimator (biased variance plus ``eps`` under the root), so a style
    with the content's own statistics returns the content.

    Args:
        x: content features, ``(N, C, *spatial)``, any floating dtype.
        style: style features ``(N or 1, C, *spatial)`` of any spatial size, or their statistics
            ``(mean, variance)``, each ``(N or 1, C)``.
        eps: added to both variances; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: content positions that enter its
            statistics.
        stats: the content's ``(mean, variance)``, each ``(N or 1, C)``, used instead of its own.
        style_mask: the same as ``mask`` for style features.
        correction: 1 takes unbiased variances of features, as published code does; default 0.
            Statistics that are given are taken as they are.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: channels of content and style differ, or a mask does not fit.

    Source: Huang & Belongie 2017, eq. 8. Not in torch.
    """
    check_features(x)
    if isinstance(style, Tensor):
        check_features(style, x.shape[1])
        style = _stats(style, style_mask, correction)
    elif style_mask is not None:
        raise ParameterError("style_mask needs style features: mask them when taking statistics")
    mean, variance = style
    for given in style:
        if (
            given.dim() != 2
            or given.shape[1] != x.shape[1]
            or given.shape[0] not in (1, x.shape[0])
        ):
            raise ParameterError(
                f"style statistics of shape {tuple(given.shape)} do not fit content "
                f"{tuple(x.shape)}: give {(x.shape[0], x.shape[1])} or {(1, x.shape[1])}"
            )
    if correction and stats is None:
        stats = _stats(x, mask, correction)
    return instance_norm(x, torch.sqrt(variance + eps), mean, eps, mask=mask, stats=stats)


def _stats(x: Tensor, mask: Tensor | None, correction: int) -> Stats:
    """Mean and variance of each channel of each sample, over ``count - correction`` values."""
    (mean, variance), mass = channel_moments(x, mask)
    return mean, variance * (mass / (mass - correction).clamp_min(1)) if correction else variance


@register(
    "adain",
    "activation",
    functional=adain,
    axes="H, W of one channel of one sample",
    formula="y = std_s (x - mean_c) / std_c + mean_s",
    shines="style transfer to any style, conditional generators",
    source="Huang & Belongie 2017, arXiv:1703.06868",
    channel_dim=1,
    aliases=("adaptive_instance",),
)
class AdaIN(nn.Module):
    """:func:`adain` as a module without parameters; ``forward(x, style)``.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
        eps: added to both variances; default 1e-5.
        correction: 1 takes unbiased variances, as published code does; default 0.
    """

    def __init__(
        self, num_features: int | None = None, *, eps: float = 1e-5, correction: int = 0
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.eps, self.correction = check_eps(eps), correction

    def forward(
        self,
        x: Tensor,
        style: Tensor | Stats,
        mask: Tensor | None = None,
        stats: Stats | None = None,
        style_mask: Tensor | None = None,
    ) -> Tensor:
        check_features(x, self.num_features)
        return adain(
            x,
            style,
            self.eps,
            mask=mask,
            stats=stats,
            style_mask=style_mask,
            correction=self.correction,
        )

    def extra_repr(self) -> str:
        return f"eps={self.eps:g}, correction={self.correction}"
