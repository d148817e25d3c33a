"""Global response normalization: channels compete by their energy over the whole map.

Woo et al. 2023, "ConvNeXt V2: Co-designing and Scaling ConvNets with Masked Autoencoders",
arXiv:2301.00808.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from styler.norm.base import FeatureNorm, check_features
from styler.norm.registry import register
from styler.norm.statistics import channel_energy, channel_rescale, check_condition, check_stats

__all__ = ["GlobalResponseNorm", "global_response_norm"]


def global_response_norm(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    eps: float = 1e-6,
    *,
    mask: Tensor | None = None,
    stats: Tensor | None = None,
) -> Tensor:
    r"""Scale every channel by its share of the energy, and add the input.

    .. math:: y_c = \gamma_c x_c \frac{\lVert x_c \rVert_2}
              {\frac{1}{C} \sum_j \lVert x_j \rVert_2 + \epsilon} + \beta_c + x_c

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        weight, bias: ``(C,)``; zeros for both are the identity.
        eps: added to the mean norm; default 1e-6.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the energy.
        stats: the norms ``(N or 1, C)``, used instead of the input's own.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Woo et al. 2023, algorithm 1. Not in torch.
    """
    check_features(x)
    check_condition("weight", weight, x)
    check_condition("bias", bias, x)
    if stats is None:
        energy, _ = channel_energy(x, mask)
        # the clamp gives channels of zeros a zero gradient instead of an infinite one
        stats = energy.clamp_min(torch.finfo(energy.dtype).tiny).sqrt()
    check_stats(stats, x.shape[:2], (1, x.shape[1]))
    share = stats / (stats.mean(1, keepdim=True) + eps)
    shift = torch.zeros_like(weight) if bias is None else bias
    return channel_rescale(x, 1 + weight * share, shift)


@register(
    "global_response",
    "activation",
    functional=global_response_norm,
    axes="H, W of one channel, compared over C",
    formula="y = g_c x |x_c| / (mean_c |x_c| + eps) + b_c + x",
    shines="masked pre-training of convolutional networks; keeps channels from collapsing",
    source="Woo et al. 2023, arXiv:2301.00808",
    channel_dim=1,
    aliases=("grn",),
)
class GlobalResponseNorm(FeatureNorm):
    """:func:`global_response_norm` with weight and bias that start at zero: the identity.

    Args:
        num_features: channels ``C``.
        eps: added to the mean norm; default 1e-6.
        bias: learn a bias.
        device, dtype: of the parameters.
    """

    state_names: ClassVar[dict[str, str]] = {"gamma": "weight", "beta": "bias"}
    weight: nn.Parameter

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-6,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, eps=eps, bias=bias, device=device, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Zero weight and bias: the identity."""
        nn.init.zeros_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Tensor | None = None) -> Tensor:
        check_features(x, self.num_features)
        return global_response_norm(x, self.weight, self.bias, self.eps, mask=mask, stats=stats)
