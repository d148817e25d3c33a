"""Dynamic tanh: an elementwise squash in place of layer norm; no statistics at all.

Zhu, Chen, He, LeCun & Liu 2025, "Transformers without Normalization", arXiv:2503.10622.
"""

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import FeatureNorm, check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["DynamicTanh", "dynamic_tanh"]


def dynamic_tanh(
    x: Tensor,
    alpha: Tensor | float,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    channel_dim: int = -1,
) -> Tensor:
    r"""Squash, scale and shift.

    .. math:: y = \gamma \tanh(\alpha x) + \beta

    Args:
        x: any shape, any floating dtype.
        alpha: one number.
        weight, bias: ``(d,)`` along ``channel_dim``; ``None`` is 1 and 0.
        channel_dim: the features' axis; default the last, 1 for maps ``(N, C, H, W)``.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor.

    Source: Zhu et al. 2025, eq. 1. Not in torch.
    """
    check_features(x, dim=channel_dim)
    if isinstance(alpha, Tensor) and alpha.numel() != 1:
        raise ParameterError(f"alpha is one number, not of shape {tuple(alpha.shape)}")
    for what, value in (("weight", weight), ("bias", bias)):
        check_shape(what, value, (x.shape[channel_dim],))
    shape = [1] * x.dim()
    shape[channel_dim] = -1
    y = torch.tanh(wide(x) * alpha)
    if weight is not None:
        y = y * weight.reshape(shape)
    return (y if bias is None else y + bias.reshape(shape)).to(x.dtype)


@register(
    "dynamic_tanh",
    "activation",
    functional=dynamic_tanh,
    axes="none",
    formula="y = g tanh(a x) + b, a learned",
    shines="transformers without any reduction over features",
    source="Zhu et al. 2025, arXiv:2503.10622",
    aliases=("dyt",),
)
class DynamicTanh(FeatureNorm):
    """:func:`dynamic_tanh` with learned alpha, weight and bias.

    Args:
        num_features: length of the features' axis.
        alpha: where alpha starts; default 0.5.
        channel_dim: the features' axis; default the last, 1 for maps.
        affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    def __init__(
        self,
        num_features: int,
        *,
        alpha: float = 0.5,
        channel_dim: int = -1,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, affine=affine, bias=bias, device=device, dtype=dtype)
        self.initial_alpha, self.channel_dim = alpha, channel_dim
        self.alpha = nn.Parameter(torch.full((1,), alpha, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.constant_(self.alpha, self.initial_alpha)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features, dim=self.channel_dim)
        return dynamic_tanh(x, self.alpha, self.weight, self.bias, channel_dim=self.channel_dim)

    def extra_repr(self) -> str:
        return f"{self.num_features}, alpha={self.initial_alpha:g}, channel_dim={self.channel_dim}"
