"""Local response normalization: a channel is damped by the energy of its neighbours.

Krizhevsky, Sutskever & Hinton 2012, "ImageNet Classification with Deep Convolutional Neural
Networks", section 3.3.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from styler.norm.base import check_count, check_features, check_optional_count
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["LocalResponseNorm", "local_response_norm"]


def local_response_norm(
    x: Tensor, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0
) -> Tensor:
    r"""Divide by a power of the energy of the neighbouring channels.

    .. math:: y_c = \frac{x_c}{\left(k + \alpha \sum_{j = c - n/2}^{c + n/2} x_j^2 \right)^{\beta}}

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        size: ``n``, channels in the window; an even one counts as ``n + 1``, as the paper's sum
            does.
        alpha, beta, k: the constants; defaults are Krizhevsky's 1e-4, 0.75 and 2.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: a size that is not a positive integer.

    Source: Krizhevsky et al. 2012, section 3.3. :func:`torch.nn.functional.local_response_norm`
    (the kernel used) divides ``alpha`` by ``size``, has ``k`` 1, and for even sizes a lopsided
    window.
    """
    check_features(x)
    window = 2 * (check_count("size", size) // 2) + 1
    return F.local_response_norm(wide(x), window, alpha * window, beta, k).to(x.dtype)


def channel_window_sum(x: Tensor, size: int) -> Tensor:
    """Sum over ``size`` neighbouring channels (an even number counts one more), zeros around."""
    channels, side = x.shape[1], check_count("channels", size) // 2
    padded = F.pad(x, (*[0, 0] * (x.dim() - 2), side, side))
    total = padded.narrow(1, 0, channels)
    for i in range(1, 2 * side + 1):
        total = total + padded.narrow(1, i, channels)
    return total


@register(
    "local_response",
    "activation",
    functional=local_response_norm,
    axes="n neighbouring channels of one pixel",
    formula="y_c = x_c / (k + alpha sum_j x_j^2)^beta, |j - c| <= n/2",
    shines="history (AlexNet); models of vision",
    source="Krizhevsky et al. 2012",
    channel_dim=1,
    torch="torch.nn.LocalResponseNorm",
    aliases=("lrn",),
)
class LocalResponseNorm(nn.Module):
    """:func:`local_response_norm` as a module without parameters.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
            First, as in every norm here: torch's LocalResponseNorm takes the size first.
        size, alpha, beta, k: see :func:`local_response_norm`.
    """

    def __init__(
        self,
        num_features: int | None = None,
        *,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 2.0,
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.size = check_count("size", size)
        self.alpha, self.beta, self.k = alpha, beta, k

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features)
        return local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"size={self.size}, alpha={self.alpha:g}, beta={self.beta:g}, k={self.k:g}"
