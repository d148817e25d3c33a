"""Residual networks without normalization of activations: the variance is kept by bookkeeping.

Brock, De & Smith 2021, "Characterizing signal propagation to close the performance gap in
unnormalized ResNets", arXiv:2101.08692; with adaptive gradient clipping, Brock et al. 2021,
arXiv:2102.06171.
"""

from functools import partial
from math import pi, sqrt
from typing import Any, Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import adopt_state, check_count, check_features
from styler.norm.registry import register
from styler.norm.weight.standardization import scaled_standardize_weight

__all__ = ["GAINS", "NormalizerFreeBlock", "NormalizerFreeStage", "ScaledConv2d"]

Activation = Literal["relu", "silu", "gelu", "identity"]
GAINS: dict[Activation, float] = {
    "relu": sqrt(2 / (1 - 1 / pi)),
    "silu": 1.7881293,
    "gelu": 1.7015043,
    "identity": 1.0,
}
"""Factors that give an activation of a standard normal input unit variance again."""


class ScaledConv2d(nn.Conv2d):
    """A convolution with :func:`styler.norm.scaled_standardize_weight` on every use, and its gain.

    Its own class and not a parametrized one, so that it can be pickled.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        gamma: float = 1.0,
        stride: int = 1,
        eps: float = 1e-6,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        pad = kernel_size // 2
        super().__init__(
            in_channels, out_channels, kernel_size, stride, pad, device=device, dtype=dtype
        )
        self.gamma, self.eps = gamma, eps
        self.gain = nn.Parameter(torch.empty(out_channels, device=device, dtype=dtype))
        ScaledConv2d.reset_parameters(self)

    def reset_parameters(self) -> None:
        """Weights at random, bias zero, gain one."""
        nn.init.normal_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
        if "gain" in self._parameters:  # not yet, when Conv2d's constructor calls
            nn.init.ones_(self.gain)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **options: Any
    ) -> None:
        adopt_state(self, state_dict, prefix, {})
        super()._load_from_state_dict(state_dict, prefix, *args, **options)

    def forward(self, x: Tensor) -> Tensor:
        weight = scaled_standardize_weight(self.weight, self.gain, self.gamma, self.eps)
        out: Tensor = self._conv_forward(x, weight, self.bias)
        return out


@register(
    "normalizer_free",
    "normalizer-free",
    axes="fan-in of each output of the weights",
    formula="y = x + alpha f(x / beta), beta^2 the expected variance of x",
    shines="large batches and speed: no statistics of activations at all",
    source="Brock et al. 2021, arXiv:2101.08692 and arXiv:2102.06171",
    aliases=("nf_block", "nfnet"),
)
class NormalizerFreeBlock(nn.Module):
    r"""A pre-activation residual block that knows the variance of what it is given.

    .. math:: y = s(x) + \alpha \, f(\phi(x / \beta)), \qquad \beta^2 = \mathrm{Var}(x), \qquad
              \mathrm{Var}(y) = \mathrm{Var}(s(x)) + \alpha^2

    ``f`` is two 3x3 convolutions of scaled standardized weights (with the activation's gain), which
    keep unit variance. Where the shape changes, ``s`` is a 1x1 convolution of the normalized
    activation, and the variance starts again at one.

    Args:
        num_features: channels of the input.
        out_features: channels of the output; ``None`` for the same.
        stride: of the first convolution.
        alpha: how much a block adds; default 0.2.
        variance: expected variance of the input; ``out_variance`` is that of the output.
        activation: "relu", "silu", "gelu" or "identity".
        device, dtype: of the parameters.

    ``forward`` maps ``(N, C, H, W)`` to ``(N, C', H / stride, W / stride)``. Train it with
    :func:`styler.norm.adaptive_clip_`, skipping the classifier.

    Raises:
        ParameterError: an unknown activation, or a variance that is not positive.

    Source: Brock et al. 2021, section 3. Not in torch.
    """

    def __init__(
        self,
        num_features: int,
        out_features: int | None = None,
        *,
        stride: int = 1,
        alpha: float = 0.2,
        variance: float = 1.0,
        activation: Activation = "relu",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        outputs = num_features if out_features is None else check_count("outputs", out_features)
        if activation not in get_args(Activation):
            raise ParameterError(f"activation must be one of {', '.join(GAINS)}: {activation!r}")
        if not variance > 0:
            raise ParameterError(f"variance must be above 0, not {variance!r}")
        self.alpha, self.variance, self.activation = alpha, variance, activation
        conv = partial(ScaledConv2d, gamma=GAINS[activation], device=device, dtype=dtype)
        self.first = conv(num_features, outputs, 3, stride=check_count("stride", stride))
        self.second = conv(outputs, outputs, 3)
        changes = outputs != num_features or stride > 1
        self.shortcut = conv(num_features, outputs, 1, stride=stride) if changes else None
        self.out_variance = (1.0 if changes else variance) + alpha**2

    def reset_parameters(self) -> None:
        """Convolutions at random, gains one."""
        for conv in self.children():
            assert isinstance(conv, ScaledConv2d)
            conv.reset_parameters()

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features)
        active = self._activate(x * self.variance**-0.5)
        short = x if self.shortcut is None else self.shortcut(active)
        branch = self.second(self._activate(self.first(active)))
        return torch.add(short, branch, alpha=self.alpha)

    def _activate(self, x: Tensor) -> Tensor:
        if self.activation == "identity":
            return x
        active: Tensor = getattr(F, self.activation)(x)
        return active

    def extra_repr(self) -> str:
        return f"alpha={self.alpha:g}, variance={self.variance:.4g}, {self.activation}"


class NormalizerFreeStage(nn.Sequential):
    """Blocks in a row, each told the variance that the one before hands on.

    Args:
        num_features, out_features, stride, alpha, variance, activation, device, dtype: of the
            first block; the others keep the shape.
        depth: number of blocks.
    """

    def __init__(
        self,
        num_features: int,
        out_features: int | None = None,
        *,
        depth: int,
        stride: int = 1,
        alpha: float = 0.2,
        variance: float = 1.0,
        activation: Activation = "relu",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        blocks: list[NormalizerFreeBlock] = []
        for _ in range(check_count("depth", depth)):
            block = NormalizerFreeBlock(
                num_features,
                out_features,
                stride=stride,
                alpha=alpha,
                variance=variance,
                activation=activation,
                device=device,
                dtype=dtype,
            )
            blocks.append(block)
            num_features = num_features if out_features is None else out_features
            stride, variance = 1, block.out_variance
        super().__init__(*blocks)
        self.out_variance = variance

    def reset_parameters(self) -> None:
        """Every block as it started."""
        for block in self:
            assert isinstance(block, NormalizerFreeBlock)
            block.reset_parameters()
