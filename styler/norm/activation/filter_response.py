"""Filter response normalization with its thresholded unit: no batch, no mean, no dead zone at zero.

Singh & Krishnan 2020, "Filter Response Normalization Layer: Eliminating Batch Dependence in the
Training of Deep Neural Networks", arXiv:1911.09737.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from styler.norm.base import FeatureNorm, check_features
from styler.norm.registry import register
from styler.norm.statistics import (
    channel_mean_square,
    channel_rescale,
    check_condition,
    check_stats,
    per_channel,
    wide,
)

__all__ = ["FilterResponseNorm", "filter_response_norm"]


def filter_response_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    threshold: Tensor | None = None,
    eps: Tensor | float = 1e-6,
    *,
    mask: Tensor | None = None,
    stats: Tensor | None = None,
) -> Tensor:
    r"""Divide each channel by its root mean square over space, scale, shift, and threshold.

    .. math:: \nu^2 = \frac{1}{HW} \sum_{hw} x_{hw}^2, \qquad
              y = \max\left( \gamma \frac{x}{\sqrt{\nu^2 + |\epsilon|}} + \beta, \tau \right)

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        threshold: ``tau``, ``(C,)`` (the thresholded linear unit); ``None`` leaves the maximum out.
        eps: added to the mean square; a float, or a learned ``(C,)``; default 1e-6.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the mean square.
        stats: the mean squares ``(N or 1, C)``, used instead of the input's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Singh & Krishnan 2020, eq. 1 to 3. Not in torch.
    """
    check_features(x)
    for what, value in (("weight", weight), ("bias", bias), ("threshold", threshold)):
        check_condition(what, value, x)
    if stats is None:
        stats = channel_mean_square(x, mask)
    check_stats(stats, x.shape[:2], (1, x.shape[1]))
    rate = torch.rsqrt(stats + (eps.abs() if isinstance(eps, Tensor) else abs(eps)))
    scale = rate if weight is None else rate * weight
    shift = torch.zeros_like(scale) if bias is None else bias.to(scale.dtype)
    if threshold is None:
        return channel_rescale(x, scale, shift)
    # max(y, t) as relu(y - t) + t: one more addition, a fifth of the time of maximum's gradient
    threshold = threshold.to(scale.dtype)
    excess = torch.relu(channel_rescale(wide(x), scale, shift - threshold))
    return (excess + per_channel(threshold, x)).to(x.dtype)


@register(
    "filter_response",
    "activation",
    functional=filter_response_norm,
    axes="H, W of one channel of one sample",
    formula="y = max(g x / sqrt(mean(x^2) + eps) + b, t)",
    shines="small batches, down to one picture; it is its own activation",
    source="Singh & Krishnan 2020, arXiv:1911.09737",
    channel_dim=1,
    aliases=("frn", "frn_tlu", "filter_response_norm_tlu"),
)
class FilterResponseNorm(FeatureNorm):
    """:func:`filter_response_norm` with learned weight, bias and threshold (starting at 0: ReLU).

    Args:
        num_features: channels ``C``.
        eps: added to the mean square; default 1e-6.
        threshold: ``False`` leaves the thresholded unit out.
        learn_eps: learn ``eps`` per channel, from 1e-4: for maps of 1x1, where the mean square is
            the value itself.
        affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    state_names: ClassVar[dict[str, str]] = {"tau": "threshold", "eps": "learned_eps"}
    threshold: nn.Parameter | None
    learned_eps: nn.Parameter | None

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-6,
        threshold: bool = True,
        learn_eps: bool = False,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        for name, wanted in (("threshold", threshold), ("learned_eps", learn_eps)):
            value = torch.empty(num_features, device=device, dtype=dtype)
            self.register_parameter(name, nn.Parameter(value) if wanted else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        super().reset_parameters()
        if self.threshold is not None:
            nn.init.zeros_(self.threshold)
        if self.learned_eps is not None:
            nn.init.constant_(self.learned_eps, 1e-4)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features)
        eps = self.eps if self.learned_eps is None else self.learned_eps
        return filter_response_norm(
            x, self.weight, self.bias, self.threshold, eps, mask=mask, stats=stats
        )
