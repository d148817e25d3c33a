"""Between instance and layer norm, channel by channel, by a learned share.

Kim, Kim, Kang & Lee 2020, "U-GAT-IT: Unsupervised Generative Attentional Networks with Adaptive
Layer-Instance Normalization for Image-to-Image Translation", arXiv:1907.10830.
"""

import torch
from torch import Tensor, nn

from styler.norm.base import FeatureNorm, check_count, check_eps, check_features
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_moments,
    channel_rescale,
    check_condition,
    check_stats,
    merge_alike,
)

__all__ = ["AdaLIN", "LayerInstanceNorm", "layer_instance_norm"]


def layer_instance_norm(
    x: Tensor,
    share: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Mix instance norm and layer norm (of the whole sample), then scale and shift.

    .. math:: y = \gamma \left( \rho \frac{x - \mu_I}{\sqrt{\sigma_I^2 + \epsilon}}
              + (1 - \rho) \frac{x - \mu_L}{\sqrt{\sigma_L^2 + \epsilon}} \right) + \beta

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        share: ``rho`` in [0, 1], ``(C,)``: 1 is instance norm, 0 layer norm.
        weight, bias: ``(C,)``, or ``(N, C)`` from a condition (AdaLIN); ``None`` is 1 and 0.
        eps: added to both variances; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: the channels' ``(mean, variance)``, each ``(N or 1, C)``, used instead of the input's
            own; the sample's are merged from them.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Kim et al. 2020, eq. 3. Not in torch. Published code takes unbiased variances. Both
    norms share one pass for statistics and one multiply-add.
    """
    check_features(x)
    for what, value in (("share", share), ("weight", weight), ("bias", bias)):
        check_condition(what, value, x)
    if stats is None:
        stats, _ = channel_moments(x, mask)
    check_stats(stats, x.shape[:2], (1, x.shape[1]))
    mean, variance = stats
    sample_mean, sample_variance = merge_alike(stats, 1)
    instance_rate = share * torch.rsqrt(variance + eps)
    layer_rate = (1 - share) * torch.rsqrt(sample_variance + eps)
    scale = instance_rate + layer_rate
    shift = -(mean * instance_rate + sample_mean * layer_rate)
    if weight is not None:
        scale, shift = scale * weight, shift * weight
    if bias is not None:
        shift = shift + bias
    return channel_rescale(x, scale, shift)


def into_unit_interval(share: Tensor) -> Tensor:
    """``share`` clipped to [0, 1], with the gradient of the identity, so that it can come back."""
    return share + (share.clamp(0, 1) - share).detach()


@register(
    "layer_instance",
    "activation",
    functional=layer_instance_norm,
    axes="H, W of one channel, and C, H, W, of one sample",
    formula="y = g (r IN(x) + (1 - r) LN(x)) + b, r learned per channel",
    shines="decoders that choose between keeping and dropping contrast",
    source="Kim et al. 2020, arXiv:1907.10830",
    channel_dim=1,
    aliases=("lin",),
)
class LayerInstanceNorm(FeatureNorm):
    """:func:`layer_instance_norm` with learned share (starting at 0: layer norm), weight and bias.

    The share is clipped to [0, 1] where it is used; the paper clips it after each update.
    """

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features, eps=eps, affine=affine, bias=bias, device=device, dtype=dtype
        )
        self.share = nn.Parameter(torch.zeros(num_features, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.zeros_(self.share)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        check_features(x, self.num_features)
        share = into_unit_interval(self.share)
        return layer_instance_norm(
            x, share, self.weight, self.bias, self.eps, mask=mask, stats=stats
        )


@register(
    "adalin",
    "activation",
    functional=layer_instance_norm,
    axes="H, W of one channel, and C, H, W, of one sample",
    formula="y = g(c) (r IN(x) + (1 - r) LN(x)) + b(c), r learned per channel",
    shines="image translation that must change shape as well as texture",
    source="Kim et al. 2020, arXiv:1907.10830",
    channel_dim=1,
    aliases=("ada_lin",),
)
class AdaLIN(nn.Module):
    """:func:`layer_instance_norm` with weight and bias from a condition and a learned share (0.9).

    Args:
        num_features: channels ``C``.
        condition_features: length of the condition.
        eps: added to both variances; default 1e-5.
        device, dtype: of the parameters.

    ``forward(x, condition)`` takes ``(N, C, *spatial)`` and ``(N, condition_features)``. A
    condition of zeros gives weight 1 and bias 0.
    """

    def __init__(
        self,
        num_features: int,
        condition_features: int,
        *,
        eps: float = 1e-5,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.condition_features = check_count("condition_features", condition_features)
        self.eps = check_eps(eps)
        self.share = nn.Parameter(torch.empty(num_features, device=device, dtype=dtype))
        self.modulation = nn.Linear(
            condition_features, 2 * num_features, device=device, dtype=dtype
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Share 0.9; default weights of the condition's layer, bias zero."""
        nn.init.constant_(self.share, 0.9)
        self.modulation.reset_parameters()
        nn.init.zeros_(self.modulation.bias)

    def forward(
        self,
        x: Tensor,
        condition: Tensor,
        mask: Tensor | None = None,
        stats: Stats | None = None,
    ) -> Tensor:
        check_features(x, self.num_features)
        check_features(condition, self.condition_features, dim=-1)
        scale, shift = self.modulation(condition).chunk(2, -1)
        share = into_unit_interval(self.share)
        return layer_instance_norm(x, share, 1 + scale, shift, self.eps, mask=mask, stats=stats)

    def extra_repr(self) -> str:
        return f"{self.num_features}, {self.condition_features}, eps={self.eps:g}"
