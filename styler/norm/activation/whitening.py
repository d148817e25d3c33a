"""Whitening of each sample: channels without mean, with variance one, and without correlation.

ZCA: Bell & Sejnowski 1997, "The Independent Components of Natural Scenes are Edge Filters"; for
style, Li, Fang, Yang, Wang, Lu & Yang 2017, "Universal Style Transfer via Feature Transforms",
arXiv:1705.08086.
"""

from math import prod

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_eps, check_features, check_optional_count
from styler.norm.moments import seen, spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import Stats, is_channels_last, wide

__all__ = ["Whitening", "covariance", "like", "matrix_power", "recolor", "whiten"]


def covariance(x: Tensor, mask: Tensor | None = None) -> Stats:
    """Mean ``(N, C)`` and (biased) covariance ``(N, C, C)`` of the channels of each sample.

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
    """
    check_features(x)
    n, c, *spatial = x.shape
    rows = wide(x).reshape(n, c, prod(spatial))
    if mask is None:
        mean = rows.mean(2) if rows.numel() else rows.sum(2)
        centred = rows - mean[:, :, None]
        return mean, centred @ centred.mT / (prod(spatial) or 1)
    weights = spatial_mask(x, mask).to(rows.dtype).reshape(n, 1, prod(spatial))
    rows = seen(rows, weights)
    total = weights.sum(2, keepdim=True).clamp_min(torch.finfo(rows.dtype).tiny)
    mean = (rows * weights).sum(2, keepdim=True) / total
    centred = rows - mean
    return mean[:, :, 0], (centred * weights) @ centred.mT / total


def matrix_power(matrix: Tensor, exponent: float, eps: float) -> Tensor:
    """A real power of symmetric matrices ``(*, d, d)`` with ``eps`` added to their diagonals."""
    values, vectors = torch.linalg.eigh(matrix)
    powers = (values.clamp_min(0) + eps).pow(exponent)
    root: Tensor = (vectors * powers[..., None, :]) @ vectors.mT
    return root


def recolor(x: Tensor, matrix: Tensor, mean: Tensor, shift: Tensor | None = None) -> Tensor:
    """``matrix (x - mean) + shift`` for each position, in the dtype and memory format of ``x``.

    ``matrix`` is ``(N or 1, C, C)``, ``mean`` and ``shift`` are ``(N or 1, C)``.
    """
    n, c, *spatial = x.shape
    rows = wide(x).reshape(n, c, prod(spatial)) - mean[:, :, None]
    y = matrix @ rows if shift is None else shift[:, :, None] + matrix @ rows
    return like(x, y.reshape(x.shape)).to(x.dtype)


def like(x: Tensor, y: Tensor) -> Tensor:
    """``y`` in the memory format of ``x``."""
    last = is_channels_last(x) and not x.is_contiguous()
    if not last:
        return y.contiguous()
    return y.contiguous(
        memory_format=torch.channels_last if x.dim() == 4 else torch.channels_last_3d
    )


def check_covariance(stats: Stats, n: int, c: int) -> None:
    """Refuse statistics that are no mean and covariance of ``c`` channels."""
    mean, matrix = stats
    fits = mean.shape[1:] == (c,) and matrix.shape[1:] == (c, c)
    if not fits or any(s.shape[0] not in (1, n) for s in stats):
        raise ParameterError(
            f"statistics of shape {tuple(mean.shape)} and {tuple(matrix.shape)} do not fit: give "
            f"{(n, c)} and {(n, c, c)}"
        )


def whiten(
    x: Tensor, eps: float = 1e-5, *, mask: Tensor | None = None, stats: Stats | None = None
) -> Tensor:
    r"""Take mean, scale and correlation off the channels of each sample, changing as little else.

    .. math:: y = (\Sigma + \epsilon I)^{-1/2} (x - \mu)

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        eps: added to the variances; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: mean ``(N or 1, C)`` and covariance ``(N or 1, C, C)``, used instead of the input's
            own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, a mask or statistics that do not fit.

    Source: Bell & Sejnowski 1997 (ZCA); Li et al. 2017, eq. 1. Not in torch. With fewer positions
    than channels some variance is zero and stays so.
    """
    check_features(x)
    mean, matrix = covariance(x, mask) if stats is None else stats
    check_covariance((mean, matrix), *x.shape[:2])
    return recolor(x, matrix_power(wide(matrix), -0.5, eps), mean)


@register(
    "whitening",
    "activation",
    functional=whiten,
    axes="H, W of all channels of one sample, by pairs",
    formula="y = (cov + eps I)^(-1/2) (x - mean)",
    shines="content without any trace of its colours and textures",
    source="Bell & Sejnowski 1997; Li et al. 2017, arXiv:1705.08086",
    channel_dim=1,
    aliases=("zca",),
)
class Whitening(nn.Module):
    """:func:`whiten` as a module without parameters.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
        eps: added to the variances; default 1e-5.
    """

    def __init__(self, num_features: int | None = None, *, eps: float = 1e-5) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.eps = check_eps(eps)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        check_features(x, self.num_features)
        return whiten(x, self.eps, mask=mask, stats=stats)

    def extra_repr(self) -> str:
        return f"eps={self.eps:g}"
