"""What all weight normalizers ask of the module they are given, and of its checkpoints."""

from typing import Any

from torch import Tensor, nn

from styler.errors import ParameterError

__all__ = ["adopt_checkpoints", "check_weight"]

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
"""Layers whose weight is ``(in, out / groups, *kernel)``."""


def check_weight(module: nn.Module, name: str) -> Tensor:
    """The weight ``name`` of ``module``, which must have at least two axes."""
    weight = getattr(module, name, None) if isinstance(module, nn.Module) else None
    if not isinstance(weight, Tensor):
        raise ParameterError(f"{type(module).__name__} has no parameter {name!r} to normalize")
    if weight.dim() < 2:
        raise ParameterError(f"{name!r} of shape {tuple(weight.shape)} has no fan-in to normalize")
    return weight


class _Renaming:
    """Hook that gives the tensors of a checkpoint the names they have here."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def __call__(self, module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
        own = module.state_dict()
        for theirs, ours in self.names.items():
            if prefix + theirs in state and prefix + ours not in state:
                state[prefix + ours] = state.pop(prefix + theirs).reshape(own[ours].shape)


def adopt_checkpoints(module: nn.Module, names: dict[str, str]) -> None:
    """Let ``module`` load checkpoints that call its tensors otherwise: theirs to ours."""
    module.register_load_state_dict_pre_hook(_Renaming(names))  # type: ignore[no-untyped-call]
