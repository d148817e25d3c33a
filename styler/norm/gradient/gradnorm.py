"""GradNorm: weights of several losses learned so that all of them train at like rates.

Chen, Badrinarayanan, Lee & Rabinovich 2018, "GradNorm: Gradient Normalization for Adaptive Loss
Balancing in Deep Multitask Networks", arXiv:1711.02257.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.base import check_count
from styler.norm.registry import register

__all__ = ["GradNorm"]


@register(
    "gradnorm",
    "gradient",
    axes="the gradient of each loss in shared weights",
    formula="|w_i G_i| -> mean_j |w_j G_j| r_i^alpha, r_i the relative inverse training rate",
    modes=True,
    shines="several losses of unlike size and speed, such as content and style",
    source="Chen et al. 2018, arXiv:1711.02257",
)
class GradNorm(nn.Module):
    r"""Weigh losses by the norms of their gradients in shared parameters.

    .. math:: G_i = \lVert \nabla_W w_i L_i \rVert, \qquad
              r_i = \frac{L_i / L_i(0)}{\frac{1}{T} \sum_j L_j / L_j(0)}, \qquad
              L_{grad} = \sum_i \left| G_i - \bar G \, r_i^\alpha \right|

    The weights descend on :math:`L_{grad}` with the target held fixed, and are then scaled to sum
    to the number of losses. Since :math:`G_i = w_i \lVert \nabla_W L_i \rVert`, no second
    derivative is needed. The step is taken in :math:`\log w`, relative to the mean of the gradient
    norms, so that weights stay positive and no loss's scale matters (the paper leaves that to its
    optimizer).

    Args:
        losses: ``T``, how many there are.
        alpha: how strongly slow losses are favoured; default 1.5, the paper's usual value; 0 gives
            equal gradient norms.
        rate: step size of the weights' logarithms; default 0.025.
        device, dtype: of the state.

    A step whose losses or gradients are not all finite leaves the weights as they are.

    ``forward(losses, shared)`` takes ``T`` scalar losses and the shared parameters ``W`` (the
    paper: the last shared layer), returns the weighted sum to call ``backward`` on, and in
    training moves ``weights`` afterwards. In evaluation the weights stay.

    Raises:
        ParameterError: another number of losses, or a first loss of zero.

    Source: Chen et al. 2018, algorithm 1. Not in torch.
    """

    weights: Tensor
    initial: Tensor

    def __init__(
        self,
        losses: int,
        *,
        alpha: float = 1.5,
        rate: float = 0.025,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.losses = check_count("losses", losses)
        if alpha < 0 or not rate > 0:
            raise ParameterError(f"alpha must be at least 0 and rate above 0: {alpha}, {rate}")
        self.alpha, self.rate = alpha, rate
        self.register_buffer("weights", torch.ones(losses, device=device, dtype=dtype))
        self.register_buffer("initial", torch.zeros(losses, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        """Weights of one, and no first losses."""
        self.weights.fill_(1)
        self.initial.zero_()

    def forward(self, losses: Sequence[Tensor], shared: Tensor | Iterable[Tensor]) -> Tensor:
        if len(losses) != self.losses:
            raise ParameterError(f"expected {self.losses} losses, got {len(losses)}")
        weights = self.weights.clone()
        if self.training:
            parameters = [shared] if isinstance(shared, Tensor) else list(shared)
            self._update(losses, parameters)
        return torch.stack([w * loss for w, loss in zip(weights, losses, strict=True)]).sum()

    def _update(self, losses: Sequence[Tensor], shared: list[Tensor]) -> None:
        norms = []
        for loss in losses:
            grads = torch.autograd.grad(loss, shared, retain_graph=True, allow_unused=True)
            parts = [g.detach().flatten() for g in grads if g is not None]
            norms.append(torch.cat(parts).norm() if parts else loss.new_zeros(()))
        with torch.no_grad():
            lengths = torch.stack(norms).to(self.weights)
            now = torch.stack([loss.detach() for loss in losses]).to(self.weights)
            if not bool((lengths + now).isfinite().all()):
                return
            if not bool(self.initial.any()):
                if not bool((now > 0).all()):
                    raise ParameterError("GradNorm needs losses above zero in its first step")
                self.initial.copy_(now)
            progress = now / self.initial
            scaled = self.weights * lengths
            target = scaled.mean() * (progress / progress.mean()).pow(self.alpha)
            slope = torch.sign(scaled - target) * scaled
            tiny = torch.finfo(self.weights.dtype).tiny
            moved = self.weights * torch.exp(-self.rate * slope / scaled.mean().clamp_min(tiny))
            self.weights.copy_(moved * (self.losses / moved.sum()))

    def extra_repr(self) -> str:
        return f"{self.losses}, alpha={self.alpha:g}, rate={self.rate:g}"
