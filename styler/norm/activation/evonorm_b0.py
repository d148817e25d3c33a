"""EvoNorm-B0: a norm and an activation found together by search, over the batch.

Liu, Brock, Simonyan & Le 2020, "Evolving Normalization-Activation Layers", arXiv:2004.02967.
"""

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from styler.errors import ParameterError
from styler.norm.activation.batch import BatchNorm
from styler.norm.base import adopt_state, check_features, check_shape
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_moments,
    check_stats,
    effective_count,
    merge,
    per_channel,
    wide,
)

__all__ = ["EvoNormB0", "evonorm_b0"]


def evonorm_b0(
    x: Tensor,
    slope: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *,
    batch_var: Tensor | None = None,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Divide by the larger of two deviations: the batch's, and the sample's own tilted by a slope.

    .. math:: y = \gamma \frac{x}{\max\left( \sqrt{\sigma^2_c + \epsilon}, \;
              v x + \sqrt{\sigma^2_{nc} + \epsilon} \right)} + \beta

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        slope: ``v``, ``(C,)``.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        eps: added to both variances; default 1e-5.
        batch_var: the batch's variance ``(C,)`` for evaluation; ``None`` takes the batch's.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the variances.
        stats: the channels' ``(mean, variance)``, each ``(N or 1, C)``, used instead of the input's
            own; the batch's variance is merged from them.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: parameters or a mask that do not fit.

    Source: Liu et al. 2020, table 2. Not in torch.
    """
    check_features(x)
    for what, value in (("slope", slope), ("weight", weight), ("bias", bias)):
        check_shape(what, value, (x.shape[1],))
    if stats is None:
        stats, mass = channel_moments(x, mask)
    else:
        check_stats(stats, x.shape[:2], (1, x.shape[1]))
        mass = torch.ones_like(stats[0][:, :1])
    if batch_var is None:
        batch_var = merge(stats, mass, 0)[0][1][0]
    check_shape("batch_var", batch_var, (x.shape[1],))
    values = wide(x)
    tilted = values * per_channel(slope, x) + per_channel(torch.sqrt(stats[1] + eps), x)
    together = per_channel(torch.sqrt(wide(batch_var) + eps), x)
    y = values / torch.maximum(together, tilted)
    if weight is not None:
        y = y * per_channel(weight, x)
    return (y if bias is None else y + per_channel(bias, x)).to(x.dtype)


@register(
    "evo_b0",
    "activation",
    functional=evonorm_b0,
    axes="N, H, W of one channel, and H, W of one sample",
    formula="y = g x / max(sd_c, v x + sd_nc) + b; running variance in evaluation",
    batch=True,
    modes=True,
    shines="classifiers with large batches; norm and activation in one",
    source="Liu et al. 2020, arXiv:2004.02967",
    channel_dim=1,
    aliases=("evonorm_b0", "evonorm_2d_b0"),
)
class EvoNormB0(BatchNorm):
    """:func:`evonorm_b0` with learned slope (starting at 1) and a running variance.

    Args:
        num_features, eps, momentum, affine, bias, track_running_stats, device, dtype: see
            :class:`styler.norm.BatchNorm`. No mean is taken off, so none is kept.
    """

    state_names: ClassVar[dict[str, str]] = {"v": "slope"}

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
        self.running_mean = None
        self.slope = nn.Parameter(torch.ones(num_features, device=device, dtype=dtype))

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.ones_(self.slope)

    def reset_running_stats(self) -> None:
        """Forget all batches: variance one, count zero."""
        if self.running_var is not None and self.num_batches_tracked is not None:
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def uses_batch(self) -> bool:
        return (self.training and not self.frozen) or self.running_var is None

    def evaluation_stats(self) -> None:
        """None: the deviation of each sample has a say."""

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any, **options: Any
    ) -> None:
        adopt_state(self, state_dict, prefix, self.state_names)
        super()._load_from_state_dict(state_dict, prefix, *args, **options)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        self.check_input(x)
        batch_var = None
        if not self.uses_batch():
            batch_var = self.running_var
        elif stats is None and x.numel():
            if x.numel() == x.shape[1]:
                raise ParameterError(
                    f"evonorm b0 needs more than one value per channel, got {tuple(x.shape)}"
                )
            stats, mass = channel_moments(x, mask)
            batch_var = merge(stats, mass, 0)[0][1][0]
            self._update(batch_var, mass, None if mask is None else spatial_mask(x, mask))
        return evonorm_b0(
            x,
            self.slope,
            self.weight,
            self.bias,
            self.eps,
            batch_var=batch_var,
            mask=mask,
            stats=stats,
        )

    @torch.no_grad()
    def _update(self, variance: Tensor, mass: Tensor, mask: Tensor | None) -> None:
        if self.running_var is None:
            return
        count = effective_count(mass, mask)
        unbiased = variance * count / (count - 1).clamp_min(torch.finfo(count.dtype).eps)
        fresh = torch.where(count > 1, unbiased, variance).to(self.running_var.dtype)
        rate = self.next_momentum() * (count > 0).to(self.running_var.dtype)
        self.running_var.lerp_(fresh, rate)
