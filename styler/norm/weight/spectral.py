"""Spectral normalization: a layer divided by its largest singular value.

Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial
Networks", arXiv:1802.05957. For a convolution as the linear map it is, Farnia, Zhang & Tse 2019,
"Generalizable Adversarial Training via Spectral Normalization", arXiv:1811.07457.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from styler.errors import ParameterError
from styler.norm.base import adopt_state, check_count, check_eps
from styler.norm.registry import register
from styler.norm.statistics import wide
from styler.norm.weight.target import TRANSPOSED, adopt_checkpoints, check_weight

__all__ = [
    "ConvOperator",
    "MatrixOperator",
    "SpectralNorm",
    "largest_singular_value",
    "power_iteration",
    "spectral_norm",
]

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
        ``(u, v)`` of unit norm. Where the map gives zero, ``u`` stays as it was: it can find its
        way once the map has grown.

    Source: Miyato et al. 2018, algorithm 1. torch iterates on matrices only.
    """
    v = u
    for _ in range(steps):
        v = _unit(adjoint(u), eps)
        image = forward(v)
        u = torch.where(image.any(), _unit(image, eps), u)
    return u, v


def _unit(x: Tensor, eps: float) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(x)
    return x / length.clamp_min(eps)


def largest_singular_value(
    weight: Tensor | nn.Module,
    *,
    dim: int | None = None,
    input_size: Sequence[int] | None = None,
    steps: int = 1000,
) -> Tensor:
    r"""The largest singular value of a layer, or of a weight as a matrix.

    .. math:: \sigma_1(W) = \max_{v \ne 0} \frac{\lVert W v \rVert}{\lVert v \rVert}

    Args:
        weight: ``(out, in, *kernel)``, or a layer whose ``weight`` it is.
        dim: axis of the outputs; ``None`` is 1 for transposed convolutions and 0 for all else.
        input_size: spatial size, for a convolution to count as the linear map it is on inputs of
            that size, padding and stride included.
        steps: most steps of power iteration; default 1000. They end once the value stands still.

    Returns:
        A number without axes, float64 for a float64 weight, float32 otherwise; differentiable in
        the weight. 0 for a weight of zeros.

    Raises:
        ParameterError: no weight of two axes, or ``input_size`` for something else than a
            convolution.

    Source: Miyato et al. 2018, algorithm 1, run to its end. ``torch.linalg.matrix_norm(w, 2)`` is
    the same for matrices, by a decomposition; torch has nothing for convolutions.
    """
    layer = weight if isinstance(weight, nn.Module) else None
    values = check_weight(layer, "weight") if layer is not None else weight
    if not isinstance(values, Tensor) or values.dim() < 2:
        raise ParameterError("a singular value is of a weight of two axes or more")
    operator = _operator(layer, dim, input_size)
    if not values.numel() or not bool(values.detach().any()):
        return wide(values).sum()
    finder = SpectralNorm(values, operator, warm_up=check_count("steps", steps))
    return finder.sigma(values)


def _operator(
    layer: nn.Module | None, dim: int | None, input_size: Sequence[int] | None
) -> "Operator":
    if input_size is not None:
        return ConvOperator(layer, input_size)
    transposed = isinstance(layer, TRANSPOSED)
    return MatrixOperator(int(transposed) if dim is None else dim)


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

    def __init__(self, conv: nn.Module | None, size: Sequence[int]) -> None:
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
            values = wide(weight.detach())
            start = values.new_empty(operator.input_shape(weight)).normal_()
            image = torch.randn_like(operator.forward(values, start))
            u, v = self._converge(values, image, warm_up)
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
        known, steps = 0.0, min(10, limit)
        u, v = self._iterate(weight, _unit(u, self.eps), steps)
        if weight.is_meta:  # there is nothing to look at: the vectors come with a state
            return u, v
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
        sigma = self.sigma(weight)
        return (weight / torch.where(sigma > self.eps, sigma, 1)).to(weight.dtype)

    def right_inverse(self, weight: Tensor) -> Tensor:
        """The weight as it is: it is normalized at the next use."""
        return weight

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **options: Any
    ) -> None:
        adopt_state(self, state_dict, prefix, {"_u": "u", "_v": "v"})  # as torch calls them
        super()._load_from_state_dict(state_dict, prefix, *args, **options)

    def extra_repr(self) -> str:
        return f"{self.operator}, n_power_iterations={self.n_power_iterations}"


@register(
    "spectral",
    "weight",
    functional=largest_singular_value,
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
        eps: least norm to divide by; default 1e-12. A weight of zeros stays one.
        dim: axis of the outputs; ``None`` is 1 for transposed convolutions and 0 for all else.
        input_size: spatial size, for a convolution to be normalized as the linear map it is on
            inputs of that size, padding and stride included. Without it the weight counts as the
            matrix ``(out, in * kernel)``, which bounds the map only up to a factor.

    Raises:
        ParameterError: there is no such parameter, or ``input_size`` does not fit.

    Source: Miyato et al. 2018. Unlike :func:`torch.nn.utils.parametrizations.spectral_norm`, whose
    checkpoints (and those of its predecessor) it loads, it knows the convolution's own norm, and
    iterates in float32 at least.
    """
    weight = check_weight(module, name)
    operator = _operator(module, dim, input_size)
    parametrization = SpectralNorm(weight, operator, n_power_iterations, eps)
    parametrize.register_parametrization(module, name, parametrization)
    at = f"parametrizations.{name}"
    adopt_checkpoints(
        module,
        {f"{name}_orig": f"{at}.original", f"{name}_u": f"{at}.0.u", f"{name}_v": f"{at}.0.v"},
    )
    return module
