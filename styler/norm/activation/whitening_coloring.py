"""Whitening and coloring transform: content in, the style's mean and covariance out.

Li, Fang, Yang, Wang, Lu & Yang 2017, "Universal Style Transfer via Feature Transforms",
arXiv:1705.08086.
"""

from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.whitening import check_covariance, covariance, matrix_power, recolor
from styler.norm.base import check_eps, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.statistics import Stats, wide

__all__ = ["WhiteningColoring", "whitening_coloring"]


def whitening_coloring(
    x: Tensor,
    style: Tensor | Stats,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
    style_mask: Tensor | None = None,
) -> Tensor:
    r"""Give the channels of the content the mean and the covariance of the style's.

    .. math:: y = (\Sigma_s + \epsilon I)^{1/2} (\Sigma_c + \epsilon I)^{-1/2} (x - \mu_c) + \mu_s

    Args:
        x: content features, ``(N, C, *spatial)``, any floating dtype.
        style: style features ``(N or 1, C, *spatial)`` of any spatial size, or their mean
            ``(N or 1, C)`` and covariance ``(N or 1, C, C)``.
        eps: added to the variances; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: content positions that enter its
            statistics.
        stats: the content's mean and covariance, used instead of its own.
        style_mask: the same as ``mask`` for style features.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: channels of content and style differ, or a mask does not fit.

    Source: Li et al. 2017, eq. 1 and 2. Not in torch. :func:`styler.norm.adain` is the same with
    diagonal covariances.
    """
    check_features(x)
    n, c = x.shape[:2]
    if isinstance(style, Tensor):
        check_features(style, c)
        style = covariance(style, style_mask)
    elif style_mask is not None:
        raise ParameterError("style_mask needs style features: mask them when taking statistics")
    own = covariance(x, mask) if stats is None else stats
    check_covariance(style, n, c)
    check_covariance(own, n, c)
    color = matrix_power(wide(style[1]), 0.5, eps) @ matrix_power(wide(own[1]), -0.5, eps)
    return recolor(x, color, own[0], style[0])


@register(
    "whitening_coloring",
    "activation",
    functional=whitening_coloring,
    axes="H, W of all channels of one sample, by pairs",
    formula="y = (cov_s + eps I)^(1/2) (cov_c + eps I)^(-1/2) (x - mean_c) + mean_s",
    shines="style transfer that moves colours together, without training",
    source="Li et al. 2017, arXiv:1705.08086",
    channel_dim=1,
    aliases=("wct",),
)
class WhiteningColoring(nn.Module):
    """:func:`whitening_coloring` as a module without parameters; ``forward(x, style)``.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
        eps: added to the variances; default 1e-5.
    """

    def __init__(self, num_features: int | None = None, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.eps = check_eps(eps)

    def forward(
        self,
        x: Tensor,
        style: Tensor | Stats,
        mask: Tensor | None = None,
        stats: Stats | None = None,
        style_mask: Tensor | None = None,
    ) -> Tensor:
        check_features(x, self.num_features)
        return whitening_coloring(x, style, self.eps, mask=mask, stats=stats, style_mask=style_mask)

    def extra_repr(self) -> str:
        return f"eps={self.eps:g}"
