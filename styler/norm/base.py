"""What the modules share: a weight and a bias per feature, one-line errors, a repr."""

from math import isfinite

import torch
from torch import Tensor, nn

from styler.errors import ParameterError

__all__ = ["FeatureNorm", "cast", "check_count", "check_eps", "check_features"]


def check_count(name: str, value: int) -> int:
    """``value`` if it is a positive integer."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ParameterError(f"{name} must be a positive integer, not {value!r}")
    return value


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


def cast(parameter: Tensor | None, x: Tensor) -> Tensor | None:
    """A parameter in the dtype of ``x``, which torch's fused kernels want."""
    return parameter if parameter is None or parameter.dtype == x.dtype else parameter.to(x.dtype)


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

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps:g}, affine={self.affine}"
