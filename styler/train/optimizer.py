"""Muon for convolutions, Adam for the rest.

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/) replaces the momentum of a
matrix by the nearest orthogonal one, so that every direction of the weights learns at the same
pace. Here the matrix of a convolution is (outputs, inputs x height x width); its step is scaled to
the size that Adam's has (Liu et al. 2025, arXiv 2502.16982), so that one learning rate serves both.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Muon", "orthogonal"]

QUINTIC = (3.4445, -4.7750, 2.0315)
"""Of the Newton-Schulz iteration: steep at 0, so that five rounds take singular values from 0.01 up
to between 0.7 and 1.2, which is near enough to 1."""


@torch.no_grad()
def orthogonal(matrices: Tensor, rounds: int = 5) -> Tensor:
    """Nearly ``U V^T`` for each ``U S V^T``, by matrix products alone; ``(B, M, N)`` float32."""
    tall = matrices.shape[1] > matrices.shape[2]
    x: Tensor = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    a, b, c = QUINTIC
    for _ in range(rounds):
        square = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


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
            trained = [p for p in group["params"] if p.grad is not None]
            self._matrices([p for p in trained if p.ndim > 1], group)
            self._vectors([p for p in trained if p.ndim <= 1], group)

    def _matrices(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        if not parameters:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        means = self._kept(parameters, "mean")
        torch._foreach_lerp_(means, gradients, 1 - group["momentum"])
        ahead = torch._foreach_lerp(gradients, means, group["momentum"])
        alike = defaultdict(list)
        for parameter, matrix in zip(parameters, ahead, strict=True):
            flat = matrix.flatten(1)
            alike[flat.shape].append((parameter, flat))
        # Matrices of one shape at once: most are small, and a network has few shapes.
        for shape, pairs in alike.items():
            updates = orthogonal(torch.stack([flat for _, flat in pairs]))
            # An orthogonal (M, N) has entries of root mean square 1 / sqrt(max(M, N)); Adam's
            # are 0.2.
            length = group["lr"] * 0.2 * math.sqrt(max(shape))
            for (parameter, _), update in zip(pairs, updates, strict=True):
                parameter.add_(update.reshape(parameter.shape), alpha=-length)

    def _vectors(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        if not parameters:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        means, squares = (self._kept(parameters, name) for name in ("mean", "square"))
        first, second = group["betas"]
        done = []
        for parameter in parameters:
            # Under this name torch leaves it in the host's memory, where reading it is no wait.
            count = self.state[parameter].setdefault("step", torch.zeros(()))
            count += 1
            done.append(count.item())
        torch._foreach_lerp_(means, gradients, 1 - first)
        torch._foreach_lerp_(squares, torch._foreach_mul(gradients, gradients), 1 - second)
        roots = torch._foreach_div(squares, [1 - second**n for n in done])
        torch._foreach_sqrt_(roots)
        torch._foreach_add_(roots, group["eps"])
        updates = torch._foreach_div(means, [1 - first**n for n in done])
        torch._foreach_div_(updates, roots)
        torch._foreach_add_(parameters, updates, alpha=-group["lr"])

    def _kept(self, parameters: list[Tensor], name: str) -> list[Tensor]:
        """What is kept of earlier gradients under a name: zeros at first."""
        for parameter in parameters:
            if name not in self.state[parameter]:
                self.state[parameter][name] = torch.zeros_like(parameter)
        return [self.state[parameter][name] for parameter in parameters]
