"""Subtractive, then divisive normalization: the local mean taken off, over the local deviation.

Jarrett, Kavukcuoglu, Ranzato & LeCun 2009, "What is the Best Multi-Stage Architecture for Object
Recognition?", where the pair is called local contrast normalization.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.divisive import local_mean
from styler.norm.base import check_eps, check_features, check_odd, check_optional_count
from styler.norm.moments import seen, spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["SubtractiveDivisiveNorm", "subtractive_divisive_norm"]


def subtractive_divisive_norm(
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
    inside are scaled to sum to one. For the plain input over the local energy see
    :func:`styler.norm.local_contrast_norm`.
    """
    check_features(x)
    if x.dim() != 4:
        raise ParameterError(
            f"subtractive-divisive norm takes (N, C, H, W), not shape {tuple(x.shape)}"
        )
    values = wide(x)
    weights = None if mask is None else spatial_mask(x, mask)
    centred = values - local_mean(values, size, "gaussian", None, weights)
    energy = local_mean(centred.square(), size, "gaussian", None, weights)
    deviation = energy.clamp_min(eps * eps).sqrt()
    if weights is None:
        floor = deviation.mean((2, 3), keepdim=True)
    else:
        total = weights.sum((2, 3), keepdim=True).clamp_min(torch.finfo(values.dtype).tiny)
        floor = (seen(deviation, weights) * weights).sum((2, 3), keepdim=True) / total
    return (centred / torch.maximum(deviation, floor)).to(x.dtype)


@register(
    "subtractive_divisive",
    "activation",
    functional=subtractive_divisive_norm,
    axes="a window of pixels over all channels",
    formula="v = x - mean_window(x); y = v / max(mean(sd), sd_window(v))",
    shines="pictures under uneven light",
    source="Jarrett et al. 2009",
    channel_dim=1,
    aliases=("lcn", "jarrett"),
)
class SubtractiveDivisiveNorm(nn.Module):
    """:func:`subtractive_divisive_norm` as a module without parameters.

    Args:
        num_features: channels of the input, which are checked; ``None`` (default) takes any number.
        size: side of the window, odd; default 9.
        eps: least divisor; default 1e-6.
    """

    def __init__(
        self, num_features: int | None = None, *, size: int = 9, eps: float = 1e-6
    ) -> None:
        super().__init__()
        self.num_features = check_optional_count("num_features", num_features)
        self.size, self.eps = check_odd("size", size), check_eps(eps)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features)
        return subtractive_divisive_norm(x, self.size, self.eps, mask=mask)

    def extra_repr(self) -> str:
        return f"size={self.size}, eps={self.eps:g}"
