"""Fixup: residual networks without normalization, by how their weights start.

Zhang, Dauphin & Ma 2019, "Fixup Initialization: Residual Learning Without Normalization",
arXiv:1901.09321.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from styler.norm.base import check_count, check_features
from styler.norm.registry import register

__all__ = ["FixupBlock"]


@register(
    "fixup",
    "normalizer-free",
    axes="none",
    formula="y = relu(s(x) + g f_2(relu(f_1(x + b1) + b2) + b3) + b4), f_2 zero at the start",
    shines="residual networks of any depth without normalization, and tuned by nothing",
    source="Zhang et al. 2019, arXiv:1901.09321",
    aliases=("fixup_block",),
)
class FixupBlock(nn.Module):
    r"""A residual block of two 3x3 convolutions with one number before each and one gain after.

    .. math:: y = \mathrm{relu}\left( s(x) + g \, f_2(\mathrm{relu}(f_1(x + b_1) + b_2) + b_3)
              + b_4 \right)

    ``f_1`` starts as He et al. have it times :math:`L^{-1/2}`, ``f_2`` at zero, the numbers at zero
    and the gain at one. Where the shape changes, ``s`` is a 1x1
    convolution of :math:`x + b_1`, otherwise the identity.

    Args:
        num_features: channels of the input.
        out_features: channels of the output; ``None`` for the same.
        blocks: ``L``, how many residual blocks the network has; default 16.
        stride: of the first convolution.
        device, dtype: of the parameters.

    ``forward`` maps ``(N, C, H, W)`` to ``(N, C', H / stride, W / stride)``. The paper has numbers
    and gains learn at a tenth of the rate, and the classifier start at zero.

    Raises:
        ParameterError: no floating maps, or other channels.

    Source: Zhang et al. 2019, section 3. Not in torch.
    """

    def __init__(
        self,
        num_features: int,
        out_features: int | None = None,
        *,
        blocks: int = 16,
        stride: int = 1,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        outputs = num_features if out_features is None else check_count("outputs", out_features)
        self.blocks = check_count("blocks", blocks)
        conv = partial(nn.Conv2d, bias=False, device=device, dtype=dtype)
        self.first = conv(num_features, outputs, 3, check_count("stride", stride), 1)
        self.second = conv(outputs, outputs, 3, padding=1)
        changes = outputs != num_features or stride > 1
        self.shortcut = conv(num_features, outputs, 1, stride) if changes else None
        self.biases = nn.Parameter(torch.zeros(4, device=device, dtype=dtype))
        self.gain = nn.Parameter(torch.ones((), device=device, dtype=dtype))
        FixupBlock.reset_parameters(self)

    def reset_parameters(self) -> None:
        """He's weights over the root of the depth, zeros for the second convolution."""
        nn.init.kaiming_normal_(self.first.weight, mode="fan_out", nonlinearity="relu")
        with torch.no_grad():
            self.first.weight.mul_(self.blocks**-0.5)
        nn.init.zeros_(self.second.weight)
        if self.shortcut is not None:
            nn.init.kaiming_normal_(self.shortcut.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.biases)
        nn.init.ones_(self.gain)

    def forward(self, x: Tensor) -> Tensor:
        check_features(x, self.num_features)
        before = x + self.biases[0]
        inner = F.relu(self.first(before) + self.biases[1])
        branch = self.second(inner + self.biases[2]) * self.gain + self.biases[3]
        short = x if self.shortcut is None else self.shortcut(before)
        return F.relu(short + branch)

    def extra_repr(self) -> str:
        return f"{self.num_features}, blocks={self.blocks}"
