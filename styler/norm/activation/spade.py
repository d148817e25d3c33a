"""Spatially adaptive normalization: scale and shift of every position come from a label map.

Park, Liu, Wang & Zhu 2019, "Semantic Image Synthesis with Spatially-Adaptive Normalization",
arXiv:1903.07291.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count, check_features, reset
from styler.norm.registry import norm, register
from styler.norm.statistics import Stats, rescale

__all__ = ["SPADE"]


@register(
    "spade",
    "activation",
    axes="those of its inner norm: N, H, W of one channel",
    formula="y = (1 + g(m)_nchw) norm(x) + b(m)_nchw, m the label map",
    batch=True,
    modes=True,
    shines="pictures from label maps, regional styles",
    source="Park et al. 2019, arXiv:1903.07291",
    channel_dim=1,
)
class SPADE(nn.Module):
    r"""A norm without parameters of its own, scaled and shifted by two convolutions of a label map.

    .. math:: y_{nchw} = (1 + \gamma_{nchw}(m)) \, \mathrm{norm}(x)_{nchw} + \beta_{nchw}(m)

    Args:
        num_features: channels ``C`` of the input.
        label_channels: channels of the label map (one-hot labels, or any picture).
        hidden: channels of the shared convolution; default 128.
        kernel_size: odd; default 3.
        norm: inner norm, by name, class or partial; default "batch", the paper's. With "instance"
            or "group" neither the batch nor the mode matters.
        device, dtype: of parameters and running statistics.

    ``forward(x, labels)`` takes ``(N, C, H, W)`` and ``(N, label_channels, h, w)``, which is
    resized to ``H x W`` by nearest neighbour. ``mask`` and ``stats`` go to the inner norm. Returns
    shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: other channels, an even kernel size, or an unknown norm.

    Source: Park et al. 2019, eq. 1. Not in torch.
    """

    def __init__(
        self,
        num_features: int,
        label_channels: int,
        *,
        hidden: int = 128,
        kernel_size: int = 3,
        norm: str | Callable[..., Any] = "batch",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.label_channels = check_count("label_channels", label_channels)
        if check_count("kernel_size", kernel_size) % 2 == 0:
            raise ParameterError(f"kernel_size must be odd, not {kernel_size}")
        self.norm = _build(norm, num_features).to(device=device, dtype=dtype)
        conv = partial(
            nn.Conv2d,
            kernel_size=kernel_size,
            padding=kernel_size // 2,
            device=device,
            dtype=dtype,
        )
        self.shared = conv(label_channels, check_count("hidden", hidden))
        self.scale, self.shift = conv(hidden, num_features), conv(hidden, num_features)

    def reset_parameters(self) -> None:
        """Convolutions at random, the inner norm as new."""
        for part in (self.norm, self.shared, self.scale, self.shift):
            reset(part)

    def forward(
        self,
        x: Tensor,
        labels: Tensor,
        mask: Tensor | None = None,
        stats: Stats | None = None,
    ) -> Tensor:
        check_features(x, self.num_features)
        check_features(labels, self.label_channels)
        if x.dim() != 4 or labels.dim() != 4 or labels.shape[0] not in (1, x.shape[0]):
            raise ParameterError(
                f"labels of shape {tuple(labels.shape)} do not fit maps of {tuple(x.shape)}: "
                f"give ({x.shape[0]}, {self.label_channels}, h, w)"
            )
        resized = F.interpolate(labels, size=x.shape[2:], mode="nearest")
        if x.dim() == 4 and x.is_contiguous(memory_format=torch.channels_last):
            resized = resized.contiguous(memory_format=torch.channels_last)
        hidden = F.relu(self.shared(resized))
        extra = {"mask": mask, "stats": stats} if mask is not None or stats is not None else {}
        normalized = self.norm(x, **extra)
        return rescale(normalized, 1 + self.scale(hidden), self.shift(hidden))


def _build(kind: str | Callable[..., Any], num_features: int) -> nn.Module:
    built = norm(kind, num_features, affine=False)
    assert isinstance(built, nn.Module)
    return built
