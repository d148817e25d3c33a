"""LayerScale: each feature of a residual branch times a learned number that starts near zero.

Touvron, Cord, Sablayrolles, Synnaeve & Jegou 2021, "Going deeper with Image Transformers",
arXiv:2103.17239.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from styler.norm.base import FeatureNorm, check_features, check_shape
from styler.norm.registry import register
from styler.norm.statistics import wide

__all__ = ["LayerScale", "layer_scale"]


def layer_scale(x: Tensor, weight: Tensor, *, channel_dim: int = -1) -> Tensor:
    r"""Scale each feature.

    .. math:: y = \lambda \odot x

    Args:
        x: any shape, any floating dtype; what a residual branch gives.
        weight: ``lambda``, ``(d,)`` along ``channel_dim``.
        channel_dim: the features' axis; default the last, 1 for maps ``(N, C, H, W)``.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor, or a weight that does not fit.

    Source: Touvron et al. 2021, eq. 2. Not in torch.
    """
    check_features(x, dim=channel_dim)
    check_shape("weight", weight, (x.shape[channel_dim],))
    shape = [1] * x.dim()
    shape[channel_dim] = -1
    return (wide(x) * weight.reshape(shape)).to(x.dtype)


@register(
    "layer_scale",
    "transformer",
    functional=layer_scale,
    axes="none",
    formula="y = x + l f(x), l learned per feature, near zero at the start: this is l f",
    shines="deep vision transformers and ConvNeXt",
    source="Touvron et al. 2021, arXiv:2103.17239",
)
class LayerScale(FeatureNorm):
    """:func:`layer_scale` with a learned weight.

    Args:
        num_features: length of the features' axis.
        start: where the weight starts; default 1e-5.
        channel_dim: the features' axis; default the last, 1 for maps.
        device, dtype: of the parameter.
    """

    state_names: ClassVar[dict[str, str]] = {"gamma": "weight"}
    weight: nn.Parameter

    def __init__(
        self,
        num_features: int,
        *,
        start: float = 1e-5,
        channel_dim: int = -1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, bias=False, device=device, dtype=dtype)
        self.start, self.channel_dim = start, channel_dim
        LayerScale.reset_parameters(self)

    def reset_parameters(self) -> None:
        """Weight as it started."""
        nn.init.constant_(self.weight, self.start)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features, dim=self.channel_dim)
        return layer_scale(x, self.weight, channel_dim=self.channel_dim)

    def extra_repr(self) -> str:
        return f"{self.num_features}, start={self.start:g}, channel_dim={self.channel_dim}"
