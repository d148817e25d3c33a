"""Standardization: mean 0, variance 1. And the image presets that pretrained networks expect.

Streaming by the merge of Chan, Golub & LeVeque 1983, "Algorithms for Computing the Sample
Variance".
"""

from typing import Self

import torch
from torch import Tensor

from styler.errors import ParameterError, did_you_mean
from styler.norm.data.scaler import Scaler, scale_by_own
from styler.norm.registry import register

__all__ = ["IMAGE_PRESETS", "ZScoreScaler", "z_score"]

IMAGE_PRESETS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "inception": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "caffe": (
        (122.67892 / 255, 116.66877 / 255, 104.00699 / 255),
        (1 / 255, 1 / 255, 1 / 255),
    ),
}
"""Mean and deviation of RGB in [0, 1]; "caffe" gives 0 to 255 with the mean taken off."""


def z_score(x: Tensor, *, dim: int = -1, mask: Tensor | None = None) -> Tensor:
    r"""Give every feature of the data at hand mean 0 and (biased) variance 1.

    .. math:: y = \frac{x - \mu}{\sigma}

    Args:
        x: any shape, any floating dtype.
        dim: axis of the features; default the last, 1 for pictures ``(N, C, H, W)``.
        mask: weights, at least 0, that broadcast to ``x`` with length 1 along ``dim``: observations
            that enter the statistics.

    Returns:
        Shape, dtype and memory format of ``x``. No gradient flows through the statistics.

    Raises:
        ParameterError: no floating tensor, or a mask that does not fit.

    Source: feature scaling, textbook form. Not in torch.
    To scale other data alike, keep a :class:`styler.norm.ZScoreScaler`.
    """
    return scale_by_own(ZScoreScaler, x, dim, mask)


@register(
    "z_score",
    "data",
    functional=z_score,
    axes="all observations of one feature",
    formula="y = (x - mean) / sd",
    shines="the default for features of unlike units; pictures for pretrained networks",
    source="feature scaling; streaming by Chan et al. 1983",
    aliases=("standard", "standardize"),
)
class ZScoreScaler(Scaler):
    """Give every feature mean 0 and (biased) variance 1.

    Args:
        num_features, dim, device, dtype: see :class:`styler.norm.data.scaler.Scaler`.
    """

    mean: Tensor
    variance: Tensor

    def __init__(
        self,
        num_features: int,
        *,
        dim: int = -1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(num_features, dim=dim, device=device, dtype=dtype)
        self.state("mean", 0.0, num_features)
        self.state("variance", 0.0, num_features)

    @classmethod
    def preset(cls, name: str, *, dim: int = 1) -> Self:
        """A fitted scaler for RGB pictures ``(N, 3, H, W)`` in [0, 1].

        Args:
            name: "imagenet", "inception", "clip" or "caffe"; see :data:`IMAGE_PRESETS`.
            dim: axis of the channels; default 1.

        Raises:
            ParameterError: an unknown name.
        """
        if name not in IMAGE_PRESETS:
            hint = did_you_mean(name, IMAGE_PRESETS, f"one of {', '.join(IMAGE_PRESETS)}")
            raise ParameterError(f"unknown image preset {name!r}: {hint}")
        mean, deviation = (torch.tensor(values) for values in IMAGE_PRESETS[name])
        scaler = cls(3, dim=dim)
        scaler.mean.copy_(mean)
        scaler.variance.copy_(deviation.square())
        scaler.minimum.zero_()
        scaler.maximum.fill_(1)
        scaler.count.fill_(1)
        return scaler

    def _observe(self, rows: Tensor, weights: Tensor) -> None:
        mass = weights.sum()
        own = (rows * weights[:, None]).sum(0) / mass
        spread = ((rows - own).square() * weights[:, None]).sum(0) / mass
        share, apart = mass / (self.count + mass), own - self.mean
        self.variance.lerp_(spread + (1 - share) * apart.square(), share)
        self.mean.add_(apart * share)

    def coefficients(self) -> tuple[Tensor, Tensor]:
        return self.mean, self.variance.sqrt()
