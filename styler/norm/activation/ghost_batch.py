"""Ghost batch normalization: statistics of small parts of a large batch, for their noise.

Hoffer, Hubara & Soudry 2017, "Train longer, generalize better: closing the generalization gap in
large batch training of neural networks", arXiv:1705.08741.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from styler.norm.activation.batch import BatchNorm, batch_norm
from styler.norm.base import check_count, check_features
from styler.norm.registry import register
from styler.norm.statistics import Stats

__all__ = ["GhostBatchNorm", "ghost_batch_norm"]


def ghost_batch_norm(
    x: Tensor,
    size: int,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
) -> Tensor:
    r"""Batch norm in training of every ``size`` samples on their own, one part after the other.

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_{gc}}{\sqrt{\sigma^2_{gc} + \epsilon}}
              + \beta_c, \quad g = \lfloor n / k \rfloor

    Running statistics move once for every part. The last part holds what is left over.

    Args:
        x: ``(N, C, *spatial)``, any floating dtype.
        size: samples in a ghost batch; ``N`` and more are plain batch norm.
        running_mean, running_var, weight, bias, momentum, eps, mask: see
            :func:`styler.norm.batch_norm`.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: a size below one, or one value per channel in a ghost batch.

    Source: Hoffer et al. 2017, algorithm 1. Not in torch.
    """
    check_features(x)

    def normalize(part: Tensor, mask: Tensor | None) -> Tensor:
        return batch_norm(
            part, running_mean, running_var, weight, bias, True, momentum, eps, mask=mask
        )

    return over_ghosts(normalize, x, check_count("size", size), mask)


def over_ghosts(
    normalize: Callable[[Tensor, Tensor | None], Tensor], x: Tensor, size: int, mask: Tensor | None
) -> Tensor:
    """``normalize(part, its mask)`` of every ``size`` samples, put together again."""
    if not x.numel():
        return normalize(x, None)
    parts = torch.split(x, size)
    masks: Sequence[Tensor | None] = [mask] * len(parts)
    if mask is not None and mask.shape[0] == x.shape[0]:
        masks = torch.split(mask, size)
    done = [normalize(*part) for part in zip(parts, masks, strict=True)]
    return done[0] if len(done) == 1 else torch.cat(done)


@register(
    "ghost_batch",
    "activation",
    functional=ghost_batch_norm,
    axes="a part of N, H, W of one channel",
    formula="y = batch norm of every k samples on their own",
    batch=True,
    modes=True,
    shines="large batches, whose statistics are too exact to regularize",
    source="Hoffer et al. 2017, arXiv:1705.08741",
    channel_dim=1,
    aliases=("ghost",),
)
class GhostBatchNorm(BatchNorm):
    """:func:`ghost_batch_norm` in training, batch norm by running statistics in evaluation.

    Every ghost counts as a batch in ``num_batches_tracked`` and in cumulative statistics.

    Args:
        num_features: channels ``C``.
        size: samples in a ghost batch; default 32.
        eps, momentum, affine, bias, track_running_stats, device, dtype: see
            :class:`styler.norm.BatchNorm`.
    """

    def __init__(
        self,
        num_features: int,
        *,
        size: int = 32,
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
        self.size = check_count("size", size)

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        if not self.uses_batch() or stats is not None:
            return super().forward(x, mask, stats)
        self.check_input(x)
        return over_ghosts(super().forward, x, self.size, mask)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, size={self.size}"
