"""Divisive normalization: every response divided by the pooled energy around it, in general form.

Lyu & Simoncelli 2008, "Nonlinear Image Representation Using Divisive Normalization"; Carandini &
Heeger 2012, "Normalization as a canonical neural computation".
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.local_response import channel_window_sum
from styler.norm.base import check_features, check_odd, check_optional_count
from styler.norm.moments import seen, spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["DivisiveNorm", "divisive_norm", "local_mean"]

Window = Literal["box", "gaussian"]
Center = Literal["none", "energy", "both"]


def local_mean(
    x: Tensor,
    size: int,
    window: Window = "gaussian",
    channels: int | None = 1,
    mask: Tensor | None = None,
) -> Tensor:
    """Weighted mean of the neighbourhood of every position, of what lies inside the map and mask.

    Args:
        x: ``(N, C, H, W)``, float32 or float64.
        size: side of the spatial window, odd.
        window: "box", or "gaussian" with a deviation of a quarter of the size.
        channels: neighbouring channels that count, odd; ``None`` for all of them.
        mask: weights in [0, 1], ``(N, 1, H, W)``.

    Returns:
        ``(N, C, H, W)``, with ``C`` 1 where all channels count.
    """
    check_odd("size", size)
    check_odd("channels", 1 if channels is None else channels)
    total = x if mask is None else seen(x, mask) * mask.to(x.dtype)
    if not x.numel():
        return total[:, :1] if channels is None else total
    if mask is None:  # a window's mass within the map factors, too
        down, along = (x.new_ones(1, 1, *sides) for sides in ((x.shape[2], 1), (1, x.shape[3])))
        mass = _sum_space(down, size, window, (2,)) * _sum_space(along, size, window, (3,))
    else:
        mass = _sum_space(mask.to(x.dtype), size, window)
    if channels is None:
        total = total.mean(1, keepdim=True)
    elif channels > 1:
        total = channel_window_sum(total, channels)
        mass = mass * channel_window_sum(x.new_ones(1, x.shape[1], 1, 1), channels)
    return _sum_space(total, size, window) / mass.clamp_min(torch.finfo(x.dtype).tiny)


def _sum_space(x: Tensor, size: int, window: Window, axes: tuple[int, ...] = (2, 3)) -> Tensor:
    """Weighted sum over the window, along one axis and then the other: both windows factor."""
    offsets = torch.arange(size, dtype=x.dtype, device=x.device) - size // 2
    line = torch.ones_like(offsets)
    if window == "gaussian":
        line = torch.exp(-0.5 * (offsets / (size / 4)).square())
    line = line / line.sum()
    channels = x.shape[1]
    for axis in axes:
        kernel = line.reshape((1, 1, size, 1) if axis == 2 else (1, 1, 1, size))
        padding = (size // 2, 0) if axis == 2 else (0, size // 2)
        kernel = kernel.expand(channels, *kernel.shape[1:])
        x = F.conv2d(x, kernel, padding=padding, groups=channels)
    return x


def divisive_norm(
    x: Tensor,
    size: int = 5,
    *,
    channels: int | None = 1,
    window: Window = "gaussian",
    center: Center = "none",
    k: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Divide every value by a power of the mean energy of its neighbourhood.

    .. math:: y = \frac{x - m'}{\left(k + \alpha \, \overline{(x - m)^2} \right)^{\beta}}

    The bar and :math:`m` are means over the window, of what lies inside the map.

    Args:
        x: ``(N, C, H, W)``, any floating dtype.
        size: side of the spatial window, odd; default 5.
        channels: neighbouring channels that count, odd; 1 (default) is the own channel, ``None``
            all.
        window: "box" or "gaussian" (default; deviation of a quarter of the size).
        center: "none": no mean is taken off; "energy": the local mean is taken off in the energy;
            "both": in the numerator too.
        k, alpha, beta: the constants; defaults 1, 1 and 0.5 (a root mean square).
        mask: weights in [0, 1], ``(N or 1, 1, H, W)``: positions that enter the means.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: even sizes, other ranks, an unknown choice, or a mask that does not fit.

    Source: Lyu & Simoncelli 2008, eq. 2; Carandini & Heeger 2012, eq. 10. Not in torch. Local
    response normalization is the case ``size=1, channels=n, window="box"``, but for its sum at the
    borders.
    """
    check_features(x)
    if x.dim() != 4:
        raise ParameterError(f"divisive norm takes (N, C, H, W), not shape {tuple(x.shape)}")
    if window not in ("box", "gaussian") or center not in ("none", "energy", "both"):
        raise ParameterError(
            f"window is box or gaussian, center none, energy or both; not {window!r}, {center!r}"
        )
    values = wide(x)
    weights = None if mask is None else spatial_mask(x, mask)
    centred = values
    if center != "none":
        centred = values - local_mean(values, size, window, channels, weights)
    energy = local_mean(centred.square(), size, window, channels, weights)
    numerator = centred if center == "both" else values
    y = numerator * (k + alpha * energy).pow(-beta)
    return y.to(x.dtype)


@register(
    "divisive",
    "activation",
    functional=divisive_norm,
    axes="a window of pixels and neighbouring channels",
    formula="y = x / (k + alpha mean_window(x^2))^beta",
    shines="models of vision, image compression, density modelling",
    source="Lyu & Simoncelli 2008; Carandini & Heeger 2012",
    channel_dim=1,
)
class DivisiveNorm(nn.Module):
    """:func:`divisive_norm` as a module without parameters.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
        size, channels, window, center, k, alpha, beta: see :func:`divisive_norm`.
    """

    def __init__(
        self,
        num_features: int | None = None,
        *,
        size: int = 5,
        channels: int | None = 1,
        window: Window = "gaussian",
        center: Center = "none",
        k: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.size = check_odd("size", size)
        self.channels, self.k, self.alpha, self.beta = channels, k, alpha, beta
        self.window: Window = window
        self.center: Center = center

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features)
        return divisive_norm(
            x,
            self.size,
            channels=self.channels,
            window=self.window,
            center=self.center,
            k=self.k,
            alpha=self.alpha,
            beta=self.beta,
            mask=mask,
        )

    def extra_repr(self) -> str:
        return (
            f"size={self.size}, channels={self.channels}, window={self.window!r}, "
            f"center={self.center!r}, k={self.k:g}, alpha={self.alpha:g}, beta={self.beta:g}"
        )
