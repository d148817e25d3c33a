"""Local contrast normalization: a response damped by how far its neighbours are from their means.

Ortiz, Robinson, Morgan, Fuentes & Rigau 2020, "Local Context Normalization: Revisiting Local
Normalization", arXiv:1912.05845, tell its history; local response normalization (Krizhevsky et al.
2012, section 3.3) with the local mean taken off in the energy.
"""

from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.divisive import Window, local_mean
from styler.norm.activation.local_response import channel_window_sum
from styler.norm.base import check_features, check_odd, check_optional_count
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["LocalContrastNorm", "local_contrast_norm"]


def local_contrast_norm(
    x: Tensor,
    size: int = 9,
    channels: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
    *,
    window: Window = "box",
    mask: Tensor | None = None,
) -> Tensor:
    r"""Divide by a power of the neighbouring channels' energy around their local means.

    .. math:: y_c = \frac{x_c}{\left(k + \alpha \sum_{j = c - n/2}^{c + n/2}
              (x_j - \bar x_j)^2 \right)^{\beta}}

    with :math:`\bar x_j` the mean of channel ``j`` in a window of pixels around the position.

    Args:
        x: ``(N, C, H, W)``, any floating dtype.
        size: side of the window of pixels, odd; default 9.
        channels: ``n``, channels whose energy counts; an even number counts as ``n + 1``.
        alpha, beta, k: the constants; defaults are Krizhevsky's 1e-4, 0.75 and 2.
        window: "box" (default), or "gaussian" with a deviation of a quarter of the size.
        mask: weights in [0, 1], ``(N or 1, 1, H, W)``: positions that enter the local means.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: an even size, another rank, or a mask that does not fit.

    Source: Krizhevsky et al. 2012, section 3.3, centred. Not in torch. Without a mean to take off
    it is :func:`styler.norm.local_response_norm`; with the mean taken off the numerator too, over
    all channels, :func:`styler.norm.subtractive_divisive_norm`.
    """
    check_features(x)
    if x.dim() != 4:
        raise ParameterError(f"local contrast takes (N, C, H, W), not shape {tuple(x.shape)}")
    values = wide(x)
    weights = None if mask is None else spatial_mask(x, mask)
    centred = values - local_mean(values, size, window, 1, weights)
    energy = channel_window_sum(centred.square(), channels)
    return (values * (k + alpha * energy).pow(-beta)).to(x.dtype)


@register(
    "local_contrast",
    "activation",
    functional=local_contrast_norm,
    axes="n neighbouring channels of one pixel; the means over a window of pixels",
    formula="y_c = x_c / (k + alpha sum_j (x_j - mean_window(x_j))^2)^beta, |j - c| <= n/2",
    shines="models of vision; pictures under uneven light",
    source="Krizhevsky et al. 2012, centred; Ortiz et al. 2020, arXiv:1912.05845",
    channel_dim=1,
)
class LocalContrastNorm(nn.Module):
    """:func:`local_contrast_norm` as a module without parameters.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
        size, channels, alpha, beta, k, window: see :func:`local_contrast_norm`.
    """

    def __init__(
        self,
        num_features: int | None = None,
        *,
        size: int = 9,
        channels: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
        window: Window = "box",
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.size, self.channels = check_odd("size", size), channels
        self.alpha, self.beta, self.k = alpha, beta, k
        self.window: Window = window

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features)
        return local_contrast_norm(
            x,
            self.size,
            self.channels,
            self.alpha,
            self.beta,
            self.k,
            window=self.window,
            mask=mask,
        )

    def extra_repr(self) -> str:
        return (
            f"size={self.size}, channels={self.channels}, alpha={self.alpha:g}, "
            f"beta={self.beta:g}, k={self.k:g}, window={self.window!r}"
        )
