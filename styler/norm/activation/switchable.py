"""Switchable normalization: instance, layer and batch statistics in learned proportions.

Luo, Ren, Peng, Zhang & Li 2019, "Differentiable Learning-to-Normalize via Switchable
Normalization", arXiv:1806.10779.
"""

import torch
from torch import Tensor, nn

from styler.norm.activation.batch import BatchNorm, update_running
from styler.norm.activation.switchable_rows import see_rows, switch_rows
from styler.norm.base import check_features, check_shape
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_affine,
    channel_moments,
    check_stats,
    effective_count,
    merge,
    merge_alike,
)

__all__ = ["SwitchableNorm", "switchable_norm"]


def switchable_norm(
    x: Tensor,
    mean_shares: Tensor,
    variance_shares: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    batch: Stats | None = None,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize by a mixture of three norms' statistics.

    .. math:: \mu = \sum_k w_k \mu_k, \qquad \sigma^2 = \sum_k w'_k \sigma^2_k, \qquad
              k \in \{\text{instance}, \text{layer}, \text{batch}\}

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        mean_shares, variance_shares: ``w`` and ``w'``, ``(3,)`` each, summing to one.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to the mixed variance; default 1e-5.
        batch: batch ``(mean, variance)``, each ``(C,)``, for evaluation; ``None`` takes the
            batch's.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
        stats: the channels' ``(mean, variance)``, each ``(N or 1, C)``, used instead of the input's
            own; layer and batch statistics are merged from them.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: no floating tensor of that rank, or a mask that does not fit.

    Source: Luo et al. 2019, eq. 3 to 5. Not in torch. One pass serves all three statistics.
    """
    check_features(x)
    for what, value in (("mean_shares", mean_shares), ("variance_shares", variance_shares)):
        check_shape(what, value, (3,))
    if x.dim() == 2 and mask is None and stats is None and x.numel():
        return switch_rows(x, mean_shares, variance_shares, weight, bias, eps, batch)
    if stats is None:
        stats, mass = channel_moments(x, mask)
    else:
        check_stats(stats, x.shape[:2], (1, x.shape[1]))
        mask = None
    layer = merge_alike(stats, 1)
    if batch is None:
        batch = merge_alike(stats, 0) if mask is None else merge(stats, mass, 0)[0]
    parts = zip(stats, layer, batch, strict=True)
    mean, variance = (
        shares[0] * own + (shares[1] * sample + shares[2] * every)
        for shares, (own, sample, every) in zip((mean_shares, variance_shares), parts, strict=True)
    )
    return channel_affine(x, (mean, variance), weight, bias, eps)


@register(
    "switchable",
    "activation",
    functional=switchable_norm,
    axes="instance, layer and batch axes, mixed",
    formula="mean = sum_k w_k mean_k, var = sum_k w'_k var_k over instance, layer, batch",
    batch=True,
    modes=True,
    shines="when the best norm of each layer is to be learned",
    source="Luo et al. 2019, arXiv:1806.10779",
    channel_dim=1,
    aliases=("sn",),
)
class SwitchableNorm(BatchNorm):
    """:func:`switchable_norm` with learned proportions (equal at the start) and running statistics.

    Takes the arguments of :class:`styler.norm.BatchNorm`. The proportions are softmaxes of
    ``mean_logits`` and ``variance_logits``, in the order instance, layer, batch. The paper averages
    the batch statistics after training; here they run along, as in batch norm.
    """

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        bias: bool = True,
        track_running_stats: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            num_features,
            eps=eps,
            momentum=momentum,
            affine=affine,
            bias=bias,
            track_running_stats=track_running_stats,
            device=device,
            dtype=dtype,
        )
        self.mean_logits = nn.Parameter(torch.zeros(3, device=device, dtype=dtype))
        self.variance_logits = nn.Parameter(torch.zeros(3, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.zeros_(self.mean_logits)
        nn.init.zeros_(self.variance_logits)

    def evaluation_stats(self) -> None:
        """None: instance and layer statistics are the input's own."""

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        self.check_input(x)
        batch, own = self.running_stats(), None
        rows = x.dim() == 2 and mask is None and stats is None and x.numel() > 0
        if rows and batch is None:
            own = see_rows(x, self.running_mean, self.running_var, self.next_momentum())
        elif batch is None and stats is None:
            stats, mass = channel_moments(x, mask)
            together = merge_alike(stats, 0) if mask is None else merge(stats, mass, 0)[0]
            mean, variance = together
            batch = mean[0], variance[0]
            seen = None if mask is None else spatial_mask(x, mask)
            count = effective_count(mass, seen)
            momentum = self.next_momentum() if x.numel() else 0.0
            update_running(self.running_mean, self.running_var, batch, count, momentum)
        shares = self.mean_logits.softmax(0), self.variance_logits.softmax(0)
        if rows:
            return switch_rows(x, *shares, self.weight, self.bias, self.eps, batch, own)
        return switchable_norm(
            x, *shares, self.weight, self.bias, self.eps, batch=batch, mask=mask, stats=stats
        )

    def running_stats(self) -> Stats | None:
        """The batch's statistics that evaluation uses; ``None`` while the batch's own count."""
        if self.uses_batch():
            return None
        assert self.running_mean is not None and self.running_var is not None
        return self.running_mean, self.running_var
