"""A norm and the activation behind it as one module, by their names.

As timm's combined layers have it: Wightman 2019, "PyTorch Image Models".
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from styler.errors import ParameterError, did_you_mean
from styler.norm.base import NormHolder, reset
from styler.norm.registry import norm

__all__ = ["NormAct", "norm_act"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "elu": nn.ELU,
    "mish": nn.Mish,
    "hardswish": nn.Hardswish,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}


class NormAct(NormHolder):
    r"""A norm, then an activation.

    .. math:: y = \phi(\mathrm{norm}(x))

    Args:
        norm: takes ``x`` first; other arguments of ``forward`` (mask, stats, conditions) go to it.
        act: what follows.

    Source: timm. torch has the two apart.
    """

    def __init__(self, norm: nn.Module, act: nn.Module) -> None:
        super().__init__()
        self.norm, self.act = norm, act

    def reset_parameters(self) -> None:
        """Both parts as new."""
        reset(self.norm)
        reset(self.act)

    def forward(self, x: Tensor, *inputs: Any, **options: Any) -> Tensor:
        y: Tensor = self.act(self.norm(x, *inputs, **options))
        return y


def norm_act(
    kind: str | Callable[..., Any],
    num_features: int,
    *args: Any,
    act: str | Callable[[], nn.Module] | None = "relu",
    **options: Any,
) -> NormAct:
    """Build a norm with its activation: ``norm_act("group", 64, groups=8, act="silu")``.

    Args:
        kind: of norm, by name, class or partial; see :func:`styler.norm.norm`.
        num_features, args, options: of the norm.
        act: "relu" (default), "leaky_relu", "silu", "gelu", ..., a class or partial that builds a
            module, or ``None`` for no activation.

    Raises:
        ParameterError: an unknown norm, option or activation.
    """
    if act is None:
        act = nn.Identity
    if isinstance(act, str):
        if act not in ACTIVATIONS:
            hint = did_you_mean(act, ACTIVATIONS, f"one of {', '.join(ACTIVATIONS)}")
            raise ParameterError(f"unknown activation {act!r}: {hint}")
        act = ACTIVATIONS[act]
    return NormAct(norm(kind, num_features, *args, **options), act())
