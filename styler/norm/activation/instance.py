"""Instance normalization: each channel of each sample by its own mean and variance.

Ulyanov, Vedaldi & Lempitsky 2016, "Instance Normalization: The Missing Ingredient for Fast
Stylization", arXiv:1607.08022.
"""

import torch
from torch import Tensor

from styler.norm.activation.batch import update_running
from styler.norm.activation.group import is_shared
from styler.norm.base import FeatureNorm, cast, check_features, is_traced
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_affine,
    channel_moments,
    check_condition,
    check_stats,
    effective_count,
    is_channels_last,
    standardize_channels,
)

__all__ = ["InstanceNorm", "instance_norm", "standardize_instances"]


def standardize_instances(x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """Instance norm with a weight and bias of its own for every sample, ``(N, C)`` each, fused.

    A sample is a batch of one, so torch's batch norm kernel does mean, variance, scale and shift.
    In the default format all samples fold into the channel axis and it runs once. In channels_last
    they cannot fold without a copy, so it runs once per sample; torch's ``instance_norm`` would
    return NCHW, and its ``group_norm`` takes the variance as E[x^2] - E[x]^2 there (errors
    above 1 where the mean is 1000 times the deviation), with a backward pass that is up to 15
    times slower in bfloat16.
    """
    n, c = x.shape[:2]
    if n > 1 and not x.is_contiguous() and is_channels_last(x):
        parts = zip(torch.split(x, 1), weight, bias, strict=True)
        return torch.cat([standardize_channels(s, w, b, eps) for s, w, b in parts])
    folded = x.reshape(1, n * c, *x.shape[2:])
    y = standardize_channels(folded, weight.reshape(-1), bias.reshape(-1), eps)
    return y.view(x.shape) if n > 1 else y


def instance_norm(
    x: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each channel of each sample over its positions.

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_{nc}}{\sqrt{\sigma^2_{nc} + \epsilon}}
              + \beta_c

    Args:
        x: ``(N, C, *spatial)``, at least one spatial axis, any floating dtype.
        weight, bias: ``(C,)``, or ``(N, C)`` for one of each sample's own; ``None`` is 1 and 0.
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics. All
            positions are normalized by them.
        stats: ``(mean, variance)``, each ``(N or 1, C)``, used instead of the input's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Ulyanov et al. 2016. Unlike :func:`torch.nn.functional.instance_norm` it keeps
    channels_last, takes a mask and statistics, and accepts 1x1 maps (which become ``bias``).
    """
    check_features(x)
    check_condition("weight", weight, x)
    check_condition("bias", bias, x)
    if stats is not None or mask is not None or not x.numel() or is_traced():
        if stats is None:
            stats, _ = channel_moments(x, mask)
        check_stats(stats, x.shape[:2], (1, x.shape[1]))
        return channel_affine(x, stats, weight, bias, eps)
    n, c = x.shape[:2]
    if is_shared(weight, bias) and x.is_contiguous():
        return torch.group_norm(x, c, cast(weight, x), cast(bias, x), eps)
    dtype = torch.float64 if x.dtype == torch.float64 else torch.float32
    one, zero = x.new_ones(1, dtype=dtype), x.new_zeros(1, dtype=dtype)
    own_weight = (one if weight is None else weight.to(dtype)).expand(n, c)
    own_bias = (zero if bias is None else bias.to(dtype)).expand(n, c)
    return standardize_instances(x, own_weight, own_bias, eps)


@register(
    "instance",
    "activation",
    functional=instance_norm,
    axes="H, W of one channel of one sample",
    formula="y = g_c (x - mean_nc) / sqrt(var_nc + eps) + b_c",
    shines="image generation and style transfer: removes each picture's contrast",
    source="Ulyanov et al. 2016, arXiv:1607.08022",
    channel_dim=1,
    torch="torch.nn.InstanceNorm2d",
    aliases=("in", "instance_norm"),
)
class InstanceNorm(FeatureNorm):
    """:func:`instance_norm` over ``(N, C, *spatial)`` with learned weight and bias.

    Unlike :class:`torch.nn.InstanceNorm2d`, whose state it loads, it is affine by default and
    serves any number of spatial axes.

    Args:
        num_features: channels ``C``.
        momentum: weight of the new value in the running statistics.
        track_running_stats: keep running means of the samples' statistics, and evaluate by them;
            default ``False``. (``stats`` freezes statistics without.)
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        bias: bool = True,
        track_running_stats: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        self.momentum, self.track_running_stats = momentum, track_running_stats
        zeros = torch.zeros(num_features, device=device, dtype=dtype)
        count = torch.zeros((), dtype=torch.long, device=device)
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros if tracked else None)
        self.register_buffer("running_var", zeros + 1 if tracked else None)
        self.register_buffer("num_batches_tracked", count if tracked else None)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        for name, held in self.named_buffers():
            held.fill_(1 if name == "running_var" else 0)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        check_features(x, self.num_features)
        if stats is None and self.running_mean is not None and self.running_var is not None:
            if self.training:
                stats = self._own_stats(x, mask)
            else:
                stats = self.running_mean[None], self.running_var[None]
        return instance_norm(x, self.weight, self.bias, self.eps, mask=mask, stats=stats)

    def _own_stats(self, x: Tensor, mask: Tensor | None) -> Stats:
        """The samples' statistics, whose means the running ones move to."""
        (mean, variance), mass = channel_moments(x, mask)
        if x.numel():
            count = effective_count(mass, None if mask is None else spatial_mask(x, mask))
            together = mean.mean(0), variance.mean(0)
            update_running(
                self.running_mean, self.running_var, together, count / x.shape[0], self.momentum
            )
        return mean, variance

    def extra_repr(self) -> str:
        tracked = ", track_running_stats=True" if self.track_running_stats else ""
        return super().extra_repr() + tracked
