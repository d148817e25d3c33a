"""What the modules share: a weight and a bias per feature, one-line errors, a repr."""

from collections.abc import Callable
from functools import wraps
from math import isfinite
from operator import index
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor, nn

from styler.errors import ParameterError

__all__ = [
    "FeatureNorm",
    "NormHolder",
    "adopt_state",
    "also_called",
    "cast",
    "check_count",
    "check_eps",
    "check_features",
    "check_odd",
    "check_optional_count",
    "check_shape",
    "is_traced",
    "reset",
]

Class = TypeVar("Class", bound=type)


def check_count(name: str, value: int) -> int:
    """``value`` as an int if it is a positive integer, numpy's included."""
    try:
        count = 0 if isinstance(value, bool) else index(value)
    except TypeError:
        count = 0
    if count < 1:
        raise ParameterError(f"{name} must be a positive integer, not {value!r}")
    return count


def check_optional_count(name: str, value: int | None) -> int | None:
    """``value`` if it is ``None`` or a positive integer."""
    return None if value is None else check_count(name, value)


def check_odd(name: str, value: int) -> int:
    """``value`` if it is a positive odd integer."""
    if check_count(name, value) % 2 == 0:
        raise ParameterError(f"{name} must be odd, not {value}")
    return check_count(name, value)


def check_eps(eps: float) -> float:
    """``eps`` if it is finite and not negative."""
    if not (isfinite(eps) and eps >= 0):
        raise ParameterError(f"eps must be finite and at least 0, not {eps!r}")
    return eps


def check_features(x: Tensor, num_features: int | None = None, dim: int = 1) -> None:
    """Refuse what is not floating, or has not ``num_features`` (if given) entries along ``dim``."""
    if not x.is_floating_point():
        raise ParameterError(f"a norm takes floating point values, not {x.dtype}: convert them")
    rank = 2 if dim == 1 else 1
    if x.dim() < rank:
        raise ParameterError(
            f"a norm over axis {dim} needs {rank} axes, not shape {tuple(x.shape)}"
        )
    if num_features is not None and x.shape[dim] != num_features:
        raise ParameterError(
            f"expected {num_features} features along axis {dim}, got shape {tuple(x.shape)}"
        )


def check_shape(what: str, value: Tensor | None, *shapes: tuple[int, ...]) -> None:
    """Refuse a parameter or condition that is there and has none of the shapes."""
    if value is not None and tuple(value.shape) not in map(tuple, shapes):
        wanted = " or ".join(map(str, dict.fromkeys(map(tuple, shapes))))
        raise ParameterError(f"{what} of shape {tuple(value.shape)} does not fit: give {wanted}")


def reset(module: nn.Module) -> None:
    """``reset_parameters`` of a module, or of the parts of one that has none."""
    own = getattr(module, "reset_parameters", None)
    if callable(own):
        own()
        return
    for part in module.children():
        reset(part)


def is_traced() -> bool:
    """Whether the code runs to be recorded for other data, so that no value may steer it."""
    return torch.compiler.is_compiling() or torch._C._get_tracing_state() is not None


def cast(parameter: Tensor | None, x: Tensor) -> Tensor | None:
    """A parameter in the dtype of ``x``, which torch's fused kernels want."""
    return parameter if parameter is None or parameter.dtype == x.dtype else parameter.to(x.dtype)


def also_called(**names: str) -> Callable[[Class], Class]:
    """Decorate a class to take arguments by the names of another library: theirs="ours"."""

    def decorate(kind: Class) -> Class:
        build = kind.__init__  # type: ignore[misc]

        @wraps(build)
        def __init__(self: Any, *args: Any, **options: Any) -> None:  # noqa: N807
            build(self, *args, **translated(kind, options))

        kind.__init__ = __init__  # type: ignore[misc]
        kind.synonyms = getattr(kind, "synonyms", {}) | names  # type: ignore[attr-defined]
        return kind

    return decorate


def translated(kind: Any, options: dict[str, Any]) -> dict[str, Any]:
    """``options`` by the names that ``kind`` has for them; see :func:`also_called`."""
    names: dict[str, str] = getattr(kind, "synonyms", {})
    out: dict[str, Any] = {}
    for name, value in options.items():
        ours = names.get(name, name)
        if ours in out:
            raise ParameterError(f"{name!r} and {ours!r} mean the same: give one of them")
        out[ours] = value
    return out


def adopt_state(
    module: nn.Module, state: dict[str, Any], prefix: str, names: dict[str, str]
) -> None:
    """Make a checkpoint of another library fit: rename its tensors, and drop axes of length one."""
    for theirs, ours in names.items():
        if prefix + theirs in state and prefix + ours not in state:
            state[prefix + ours] = state.pop(prefix + theirs)
    held = (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False))
    for name, own in held:
        given = state.get(prefix + name)
        if isinstance(given, Tensor) and _squeezed(given) == _squeezed(own):
            state[prefix + name] = given.reshape(own.shape)


def _squeezed(x: Tensor) -> list[int]:
    return [length for length in x.shape if length > 1]


class NormHolder(nn.Module):
    """Base of what holds a norm in ``norm``: it loads the state of that norm alone, too.

    In timm a norm with its activation, in float32 or for another axis is one module, whose state
    has no level for the norm within.
    """

    norm: nn.Module

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **options: Any
    ) -> None:
        inner = f"{prefix}norm."
        own = [key for key in state_dict if key.startswith(prefix)]
        if not any(key.startswith(inner) for key in own):
            for key in own:
                name = key.removeprefix(prefix)
                if name.partition(".")[0] not in self._modules:
                    state_dict[inner + name] = state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, *args, **options)


class FeatureNorm(nn.Module):
    """Base: ``weight`` (ones) and ``bias`` (zeros) of shape ``(num_features,)``, or ``None`` each.

    Args:
        num_features: channels (or features) of the input.
        eps: added to the variance (or mean square) under the root.
        affine: learn a weight and a bias.
        bias: ``False`` leaves the bias out of ``affine``.
        device, dtype: of the parameters.
    """

    weight: nn.Parameter | None
    bias: nn.Parameter | None
    state_names: ClassVar[dict[str, str]] = {}
    """What checkpoints of other libraries call the parameters: theirs to ours."""

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_features = check_count("num_features", num_features)
        self.eps = check_eps(eps)
        self.affine = affine
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = torch.empty(self.parameter_shape(), device=device, dtype=dtype)
            self.register_parameter(name, nn.Parameter(value) if wanted else None)
        FeatureNorm.reset_parameters(self)

    def parameter_shape(self) -> tuple[int, ...]:
        """Shape of weight and bias."""
        return (self.num_features,)

    def reset_parameters(self) -> None:
        """Back to the identity: weight one, bias zero."""
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **options: Any
    ) -> None:
        adopt_state(self, state_dict, prefix, self.state_names)
        super()._load_from_state_dict(state_dict, prefix, *args, **options)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps:g}, affine={self.affine}"
