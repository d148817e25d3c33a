"""Any norm on tensors whose channels are on another axis than the one it is written for: NHWC.

A view with the channels moved is enough: ``(N, H, W, C)`` seen as ``(N, C, H, W)`` *is* the
channels_last memory format, which every norm here keeps, so that nothing is copied either way.
"""

from typing import Any

from torch import Tensor, nn

from styler.norm.base import NormHolder

__all__ = ["ChannelAxis"]


class ChannelAxis(NormHolder):
    """A norm with the channels of its input, mask and output on an axis of one's choice.

    ``norm("group", 64, channel_dim=-1)`` builds it around a method of the registry.

    Args:
        norm: module that takes ``x`` first and returns its shape.
        channel_dim: axis of the channels in what comes in; default the last.
        native: axis on which ``norm`` wants them: 1 (default) for norms of maps, -1 for those of
            tokens.

    In ``forward(x, *conditions, **options)`` every tensor of as many axes as ``x`` (mask, label
    map, style features) has its channels on ``channel_dim`` too; all others, such as statistics
    ``(N, C)``, go to the norm as they are. The output has shape, dtype and memory format of ``x``.
    """

    def __init__(self, norm: nn.Module, channel_dim: int = -1, native: int = 1) -> None:
        super().__init__()
        self.norm = norm
        self.channel_dim, self.native = channel_dim, native

    def forward(self, x: Tensor, *inputs: Any, **options: Any) -> Tensor:
        def moved(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(map(moved, value))
            alike = isinstance(value, Tensor) and value.dim() == x.dim()
            return value.movedim(self.channel_dim, self.native) if alike else value

        options = {name: moved(value) for name, value in options.items()}
        y: Tensor = self.norm(moved(x), *map(moved, inputs), **options)
        y = y.movedim(self.native, self.channel_dim)
        return y.contiguous() if x.is_contiguous() else y

    def extra_repr(self) -> str:
        return f"channel_dim={self.channel_dim}"
