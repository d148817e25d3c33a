"""The check that all weight normalizers make of the module they are given."""

from torch import Tensor, nn

from styler.errors import ParameterError

__all__ = ["check_weight"]


def check_weight(module: nn.Module, name: str) -> Tensor:
    """The weight ``name`` of ``module``, which must have at least two axes."""
    weight = getattr(module, name, None) if isinstance(module, nn.Module) else None
    if not isinstance(weight, Tensor):
        raise ParameterError(f"{type(module).__name__} has no parameter {name!r} to normalize")
    if weight.dim() < 2:
        raise ParameterError(f"{name!r} of shape {tuple(weight.shape)} has no fan-in to normalize")
    return weight
