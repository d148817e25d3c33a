"""Local contrast normalization: take off the local mean, divide by the local deviation.

Jarrett, Kavukcuoglu, Ranzato & LeCun 2009, "What is the Best Multi-Stage Architecture for Object
Recognition?".
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.divisive import local_mean
from styler.norm.base import check_count, check_eps, check_features
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["LocalContrastNorm", "local_contrast_norm"]


def local_contrast_norm(
    x: Tensor, size: int = 9, eps: float = 1e-6, *, mask: Tensor | None = None
) -> Tensor:
    r"""Subtractive, then divisive normalization in a Gaussian window over all channels.

    .. math:: v = x - \sum_{c p} w_p x_{c p}, \qquad \sigma = \sqrt{\sum_{c p} w_p v_{c p}^2},
              \qquad y = \frac{v}{\max(\bar\sigma, \sigma, \epsilon)}

    with weights that sum to one over the window and the channels, and :math:`\bar\sigma` the mean
    of :math:`\sigma` over the sample, which keeps flat regions from being blown up.

    Args:
        x: ``(N, C, H, W)``, any floating dtype.
        size: side of the window, odd; default 9. The Gaussian's deviation is a quarter of it.
        eps: least divisor; default 1e-6.
        mask: weights in [0, 1], ``(N or 1, 1, H, W)``: positions that enter the local and the
            sample's means.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: an even size, another rank, or a mask that does not fit.

    Source: Jarrett et al. 2009, section 3.1. Not in torch. At borders the weights of what lies
    inside are scaled to sum to one. The survey's variant, with the plain input over the local
    energy, is :func:`styler.norm.divisive_norm` with ``center="energy", channels=None``.
    """
    check_features(x)
    if x.dim() != 4:
        raise ParameterError(f"local contrast takes (N, C, H, W), not shape {tuple(x.shape)}")
    values = wide(x)
    weights = None if mask is None else spatial_mask(x, mask)
    centred = values - local_mean(values, size, "gaussian", None, weights)
    energy = local_mean(centred.square(), size, "gaussian", None, weights)
    deviation = energy.clamp_min(eps * eps).sqrt()
    if weights is None:
        floor = deviation.mean((2, 3), keepdim=True)
    else:
        total = weights.sum((2, 3), keepdim=True).clamp_min(torch.finfo(values.dtype).tiny)
        floor = (deviation * weights).sum((2, 3), keepdim=True) / total
    return (centred / torch.maximum(deviation, floor)).to(x.dtype)


@register(
    "local_contrast",
    "activation",
    functional=local_contrast_norm,
    axes="a window of pixels over all channels",
    formula="v = x - mean_window(x); y = v / max(mean(sd), sd_window(v))",
    shines="pictures under uneven light",
    source="Jarrett et al. 2009",
    channel_dim=1,
    aliases=("lcn",),
)
class LocalContrastNorm(nn.Module):
    """:func:`local_contrast_norm` as a module without parameters."""

    def __init__(self, size: int = 9, *, eps: float = 1e-6) -> None:
        super().__init__()
        self.size, self.eps = check_count("size", size), check_eps(eps)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return local_contrast_norm(x, self.size, self.eps, mask=mask)

    def extra_repr(self) -> str:
        return f"{self.size}, eps={self.eps:g}"
