"""Spectral normalization: a layer divided by its largest singular value.

Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial
Networks", arXiv:1802.05957. For a convolution as the linear map it is, Farnia, Zhang & Tse 2019,
"Generalizable Adversarial Training via Spectral Normalization", arXiv:1811.07457.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from styler.errors import ParameterError
from styler.norm.base import check_count, check_eps
from styler.norm.registry import register
from styler.norm.statistics import wide
from styler.norm.weight.target import check_weight

__all__ = ["ConvOperator", "MatrixOperator", "SpectralNorm", "power_iteration", "spectral_norm"]

Module = TypeVar("Module", bound=nn.Module)
Linear = Callable[[Tensor], Tensor]


def power_iteration(
    forward: Linear, adjoint: Linear, u: Tensor, steps: int = 1, eps: float = 1e-12
) -> tuple[Tensor, Tensor]:
    r"""Singular vectors of the largest singular value of any linear map, by two-sided iteration.

    .. math:: v \leftarrow \frac{A^T u}{\lVert A^T u \rVert}, \qquad
              u \leftarrow \frac{A v}{\lVert A v \rVert}, \qquad \sigma = \langle u, A v \rangle

    The one-sided form ``v <- A v`` is right for symmetric maps only.

    Args:
        forward, adjoint: the map and its adjoint.
        u: where to start; the shape of the map's output.
        steps: iterations.
        eps: least norm to divide by.

    Returns:
        ``(u, v)`` of unit norm.

    Source: Miyato et al. 2018, algorithm 1. torch iterates on matrices only.
    """
    v = u
    for _ in range(steps):
        v = _unit(adjoint(u), eps)
        u = _unit(forward(v), eps)
    return u, v


def _unit(x: Tensor, eps: float) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(x)
    return x / length.clamp_min(eps)


class Operator(Protocol):
    """A weight seen as a linear map."""

    def input_shape(self, weight: Tensor) -> tuple[int, ...]: ...
    def forward(self, weight: Tensor, v: Tensor) -> Tensor: ...
    def adjoint(self, weight: Tensor, u: Tensor) -> Tensor: ...


class MatrixOperator:
    """The weight as the matrix ``(out, all else)``, as Miyato et al. take convolutions too."""

    def __init__(self, dim: int = 0) -> None:
        self.dim = dim

    def _matrix(self, weight: Tensor) -> Tensor:
        return weight.movedim(self.dim, 0).flatten(1)

    def input_shape(self, weight: Tensor) -> tuple[int, ...]:
        return (weight.numel() // weight.shape[self.dim],)

    def forward(self, weight: Tensor, v: Tensor) -> Tensor:
        return torch.mv(self._matrix(weight), v)

    def adjoint(self, weight: Tensor, u: Tensor) -> Tensor:
        return torch.mv(self._matrix(weight).t(), u)

    def __repr__(self) -> str:
        return "matrix" if self.dim == 0 else f"matrix(dim={self.dim})"


class ConvOperator:
    """The convolution as the linear map of a whole input of ``size``, zero padding included."""

    def __init__(self, conv: nn.Module, size: Sequence[int]) -> None:
        if not isinstance(conv, (nn.Conv1d, nn.Conv2d, nn.Conv3d)):
            raise ParameterError(f"input_size is for convolutions, not {type(conv).__name__}")
        if conv.padding_mode != "zeros" or isinstance(conv.padding, str):
            raise ParameterError("input_size needs zero padding given in numbers")
        self.axes = len(conv.kernel_size)
        if len(size) != self.axes:
            raise ParameterError(f"input_size {tuple(size)} does not have {self.axes} lengths")
        self.shape = (1, conv.in_channels, *(check_count("input_size", s) for s in size))
        self.stride, self.padding = conv.stride, conv.padding
        self.dilation, self.groups = conv.dilation, conv.groups

    def input_shape(self, weight: Tensor) -> tuple[int, ...]:
        return self.shape

    def forward(self, weight: Tensor, v: Tensor) -> Tensor:
        return torch.convolution(
            v,
            weight,
            None,
            self.stride,
            self.padding,
            self.dilation,
            False,
            [0] * self.axes,
            self.groups,
        )

    def adjoint(self, weight: Tensor, u: Tensor) -> Tensor:
        reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, weight.shape[2:], strict=True)]
        rest = [
            (n + 2 * p - r) % s
            for n, p, r, s in zip(self.shape[2:], self.padding, reach, self.stride, strict=True)
        ]
        return torch.convolution(
            u, weight, None, self.stride, self.padding, self.dilation, True, rest, self.groups
        )

    def __repr__(self) -> str:
        return f"convolution of {'x'.join(map(str, self.shape[2:]))}"


class SpectralNorm(nn.Module):
    """Parametrization: a weight over its largest singular value, with memoized singular vectors.

    The vectors start converged, by up to ``warm_up`` steps. In training every use takes
    ``n_power_iterations`` steps from where the last one ended: the weight changes little between
    uses, so one is enough to keep up. In evaluation nothing moves.
    """

    u: Tensor
    v: Tensor

    def __init__(
        self,
        weight: Tensor,
        operator: Operator,
        n_power_iterations: int = 1,
        eps: float = 1e-12,
        warm_up: int = 1000,
    ) -> None:
        super().__init__()
        self.operator = operator
        self.n_power_iterations = check_count("n_power_iterations", n_power_iterations)
        self.eps = check_eps(eps)
        with torch.no_grad():
            start = torch.randn(operator.input_shape(weight), device=weight.device)
            values = wide(weight.detach())
            u, v = self._converge(values, operator.forward(values, start.to(values.dtype)), warm_up)
        self.register_buffer("u", u)
        self.register_buffer("v", v)

    def _iterate(self, weight: Tensor, u: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        return power_iteration(
            lambda x: self.operator.forward(weight, x),
            lambda y: self.operator.adjoint(weight, y),
            u,
            steps,
            self.eps,
        )

    def _converge(self, weight: Tensor, u: Tensor, limit: int) -> tuple[Tensor, Tensor]:
        """Iterate until the singular value rises by less than a millionth in ten steps."""
        known, steps = 0.0, 10
        u, v = self._iterate(weight, u, steps)
        for _ in range(limit // steps - 1):
            found = float(torch.sum(u * self.operator.forward(weight, v)))
            if found <= known * (1 + 1e-6):
                break
            known = found
            u, v = self._iterate(weight, u, steps)
        return u, v

    def sigma(self, weight: Tensor) -> Tensor:
        """The largest singular value by the memoized vectors, differentiable in the weight."""
        weight = wide(weight)
        # copies, because the next training step moves the buffers before a backward pass may run
        u, v = (vector.to(weight.dtype, copy=True) for vector in (self.u, self.v))
        return torch.sum(u * self.operator.forward(weight, v))

    def forward(self, weight: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                values = wide(weight)
                u, v = self._iterate(values, self.u.to(values.dtype), self.n_power_iterations)
                self.u.copy_(u)
                self.v.copy_(v)
        return (weight / self.sigma(weight).clamp_min(self.eps)).to(weight.dtype)

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The weight as it is: it is normalized at the next use."""
        return weight

    def extra_repr(self) -> str:
        return f"{self.operator}, n_power_iterations={self.n_power_iterations}"


@register(
    "spectral",
    "weight",
    functional=power_iteration,
    axes="a whole weight",
    formula="w = v / sigma_1(v), by two-sided power iteration",
    modes=True,
    shines="discriminators and other layers that must not stretch (Lipschitz 1)",
    source="Miyato et al. 2018, arXiv:1802.05957",
    torch="torch.nn.utils.parametrizations.spectral_norm",
    aliases=("spectral_norm",),
)
def spectral_norm(
    module: Module,
    name: str = "weight",
    *,
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
    input_size: Sequence[int] | None = None,
) -> Module:
    """Divide a weight of ``module`` by its largest singular value wherever it is used.

    Args:
        module: has a parameter ``name`` of at least two axes; it is changed in place and returned.
        name: which parameter.
        n_power_iterations: steps at each use in training; default 1.
        eps: least norm to divide by; default 1e-12.
        dim: axis of the outputs; ``None`` is 1 for transposed convolutions and 0 for all else.
        input_size: spatial size, for a convolution to be normalized as the linear map it is on
            inputs of that size, padding and stride included. Without it the weight counts as the
            matrix ``(out, in * kernel)``, which bounds the map only up to a factor.

    Raises:
        ParameterError: there is no such parameter, or ``input_size`` does not fit.

    Source: Miyato et al. 2018. Unlike :func:`torch.nn.utils.parametrizations.spectral_norm` it
    knows the convolution's own norm, and iterates in float32 at least.
    """
    weight = check_weight(module, name)
    transposed = isinstance(module, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d))
    operator: Operator = MatrixOperator(int(transposed) if dim is None else dim)
    if input_size is not None:
        operator = ConvOperator(module, input_size)
    parametrization = SpectralNorm(weight, operator, n_power_iterations, eps)
    parametrize.register_parametrization(module, name, parametrization)
    return module
