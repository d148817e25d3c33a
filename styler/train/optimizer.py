"""Muon for convolutions, Adam for the rest.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) replaces the momentum of a
matrix by the nearest orthogonal one, so that every direction of the weights learns at the same
pace. Here the matrix of a convolution is (outputs, inputs x height x width); its step is scaled to
the size that Adam's has (Liu et al. 2025, arXiv 2502.16982), so that one learning rate serves both.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["Muon", "orthogonal"]

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Of the Newton-Schulz iteration: steep at 0, so that five rounds take singular values from 0.01 up
to between 0.7 and 1.2, which is near enough to 1."""


@torch.no_grad()
def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """Nearly ``U V^T`` for ``matrix = U S V^T``, by matrix products alone; (M, N) float32."""
    tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    a, b, c = QUINTIC
    for _ in range(rounds):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum for tensors of two and more dimensions, Adam for the others.

    Args:
        parameters: to train.
        lr: learning rate, the length of a step per weight as with Adam.
        momentum: of the matrices.
        betas: of Adam.
        eps: of Adam.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1e-3,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                update = self._matrix if parameter.ndim > 1 else self._vector
                parameter.add_(update(parameter, group), alpha=-group["lr"])

    def _matrix(self, parameter: Tensor, group: dict[str, float]) -> Tensor:
        gradient, momentum = parameter.grad, group["momentum"]
        assert gradient is not None
        state = self.state[parameter]
        if not state:
            state["mean"] = torch.zeros_like(parameter)
        mean = state["mean"].lerp_(gradient, 1 - momentum)
        flat = gradient.lerp(mean, momentum).flatten(1)
        # An orthogonal (M, N) has entries of root mean square 1 / sqrt(max(M, N)); Adam's are 0.2.
        return 0.2 * math.sqrt(max(flat.shape)) * orthogonal(flat).view_as(parameter)

    def _vector(self, parameter: Tensor, group: dict[str, tuple[float, float]]) -> Tensor:
        gradient, (first, second) = parameter.grad, group["betas"]
        assert gradient is not None
        state = self.state[parameter]
        if not state:
            state["mean"], state["square"] = (torch.zeros_like(parameter) for _ in range(2))
            state["steps"] = torch.zeros(())
        state["steps"] += 1
        mean = state["mean"].lerp_(gradient, 1 - first)
        square = state["square"].lerp_(gradient.square(), 1 - second)
        done = state["steps"].item()
        root = (square / (1 - second**done)).sqrt().add_(group["eps"])
        update: Tensor = mean / (1 - first**done) / root
        return update
