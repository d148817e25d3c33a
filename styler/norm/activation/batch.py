"""Batch normalization: each channel by the mean and variance of the whole batch.

Ioffe & Szegedy 2015, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
Covariate Shift", arXiv:1502.03167.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from styler.errors import ParameterError
from styler.norm.base import check_count, check_eps, check_features, check_shape
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import (
    Stats,
    channel_affine,
    channel_moments,
    check_stats,
    effective_count,
    merge,
)

__all__ = ["BatchNorm", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "batch_norm", "batch_stats"]

TORCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
"""What :class:`BatchNorm` is called in torch."""


def batch_stats(x: Tensor, mask: Tensor | None = None) -> tuple[Stats, Tensor]:
    """Mean and biased variance of each channel over the batch, ``(C,)``; and how many values."""
    stats, mass = channel_moments(x, mask)
    (mean, variance), _ = merge(stats, mass, 0)
    seen = None if mask is None else spatial_mask(x, mask)
    return (mean[0], variance[0]), effective_count(mass, seen)


def batch_norm(
    x: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    *,
    mask: Tensor | None = None,
    stats: Stats | None = None,
) -> Tensor:
    r"""Normalize each channel over the batch (training) or by running statistics (evaluation).

    .. math:: y_{nchw} = \gamma_c \frac{x_{nchw} - \mu_c}{\sqrt{\sigma^2_c + \epsilon}} + \beta_c,
              \qquad m \leftarrow (1 - \eta) m + \eta \mu

    The batch is normalized by its biased variance; the running variance takes the unbiased one.

    Args:
        x: ``(N, C, *spatial)``, ``(N, C)`` included, any floating dtype.
        running_mean, running_var: ``(C,)`` float32, updated in place in training.
        weight, bias: ``(C,)``; ``None`` is 1 and 0.
        training: use the batch's statistics and update the running ones.
        momentum: weight of the *new* value in the running statistics (Flax and Keras: of the old
            one).
        eps: added to the variance; default 1e-5.
        mask: weights in [0, 1], ``(N or 1, 1, *spatial)``: positions that enter the statistics.
            Padded positions and padded samples are left out by weight 0. In evaluation it has no
            say. Running statistics do not see a constant that all weights are multiplied by.
        stats: ``(mean, variance)``, each ``(C,)``, used instead; nothing is updated.

    Returns:
        Shape, dtype and memory format of ``x``.

    Raises:
        ParameterError: evaluation without running statistics, one value per channel in training,
            or a mask that does not fit.

    Source: Ioffe & Szegedy 2015, algorithm 1. Equal to :func:`torch.nn.functional.batch_norm` (the
    kernel used without mask and stats).
    """
    check_features(x)
    own = (x.shape[1],)
    for what, value in (("weight", weight), ("bias", bias)):
        check_shape(what, value, own)
    for what, value in (("running_mean", running_mean), ("running_var", running_var)):
        check_shape(what, value, own)
    if stats is not None:
        check_stats(stats, own)
    if stats is None and not training and (running_mean is None or running_var is None):
        raise ParameterError("batch norm in evaluation needs running statistics or stats")
    if stats is None and training and x.numel() == x.shape[1]:
        raise ParameterError(
            f"batch norm in training needs more than one value per channel, got {tuple(x.shape)}"
        )
    if stats is None and not x.numel():  # nothing seen, nothing moved
        stats = x.new_zeros(own), x.new_ones(own)
    if stats is None and (mask is None or not training):
        cudnn = torch.backends.cudnn.enabled
        return torch.batch_norm(
            x, weight, bias, running_mean, running_var, training, momentum, eps, cudnn
        )
    if stats is None:
        stats, count = batch_stats(x, mask)
        update_running(running_mean, running_var, stats, count, momentum)
    return channel_affine(x, stats, weight, bias, eps)


@torch.no_grad()
def update_running(
    running_mean: Tensor | None,
    running_var: Tensor | None,
    stats: Stats,
    count: Tensor,
    momentum: float,
) -> None:
    """Move running statistics by ``momentum`` towards a batch's, its variance made unbiased.

    ``count`` is how many values (under a mask: how many they are worth) the batch's statistics
    stand for.
    """
    if running_mean is None or running_var is None:
        return
    mean, variance = stats
    unbiased = variance * count / (count - 1).clamp_min(torch.finfo(variance.dtype).eps)
    fresh = torch.where(count > 1, unbiased, variance)
    rate = momentum * (count > 0).to(running_mean.dtype)  # nothing seen, nothing moved
    running_mean.lerp_(mean.to(running_mean.dtype), rate)
    running_var.lerp_(fresh.to(running_var.dtype), rate)


@register(
    "batch",
    "activation",
    functional=batch_norm,
    axes="N, H, W of one channel",
    formula="y = g_c (x - mean_c) / sqrt(var_c + eps) + b_c; running statistics in evaluation",
    batch=True,
    modes=True,
    shines="image classifiers with batches of 16 and more; free at inference once folded",
    source="Ioffe & Szegedy 2015, arXiv:1502.03167",
    channel_dim=1,
    torch="torch.nn.BatchNorm2d",
    aliases=("bn", "batch_norm"),
)
class BatchNorm(_BatchNorm):
    """:func:`batch_norm` for any number of spatial axes, with running statistics.

    Parameters, buffers and numbers are those of :class:`torch.nn.BatchNorm2d`, whose state it
    loads, and it is one to torch's own tools: ``update_bn`` renews its running statistics,
    ``replace_all_batch_norm_modules_`` drops them, ``convert_sync_batchnorm`` makes a
    :class:`torch.nn.SyncBatchNorm` of it. The last would make one of its relatives (ghost, renorm,
    ...), too; :func:`styler.norm.sync_batch_norms` leaves those as they are.

    Args:
        num_features: channels ``C``.
        momentum: weight of the new value; ``None`` averages all batches alike (cumulative).
        track_running_stats: ``False`` normalizes by the batch in evaluation too.
        eps, affine, bias, device, dtype: see :class:`styler.norm.base.FeatureNorm`.
    """

    weight: nn.Parameter | None  # type: ignore[assignment]
    bias: nn.Parameter | None  # type: ignore[assignment]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    spatial_axes: tuple[int, ...] | None = None

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
        if momentum is not None and not 0 <= momentum <= 1:
            raise ParameterError(f"momentum must be within [0, 1] or None, not {momentum!r}")
        # not _BatchNorm's own, which calls reset_parameters before a subclass has its parameters
        nn.Module.__init__(self)
        self.num_features = check_count("num_features", num_features)
        self.eps, self.momentum = check_eps(eps), momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.frozen = False
        zeros, ones = (partial(f, device=device, dtype=dtype) for f in (torch.zeros, torch.ones))
        shape = self.running_shape()
        count = torch.zeros((), dtype=torch.long, device=device)
        tracked = track_running_stats
        self.register_parameter("weight", nn.Parameter(ones(num_features)) if affine else None)
        self.register_parameter(
            "bias", nn.Parameter(zeros(num_features)) if affine and bias else None
        )
        self.register_buffer("running_mean", zeros(shape) if tracked else None)
        self.register_buffer("running_var", ones(shape) if tracked else None)
        self.register_buffer("num_batches_tracked", count if tracked else None)

    def running_shape(self) -> tuple[int, ...]:
        """Shape of the running statistics."""
        return (self.num_features,)

    def reset_parameters(self) -> None:
        """Back to the identity (weight one, bias zero), with all batches forgotten."""
        self.reset_running_stats()
        if self.weight is not None:
            nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def freeze(self, frozen: bool = True) -> "BatchNorm":
        """Evaluate by running statistics, and leave them alone, in training mode too."""
        if frozen and self.running_mean is None:
            raise ParameterError("a batch norm without running statistics cannot be frozen")
        self.frozen = frozen
        return self

    def uses_batch(self) -> bool:
        """Whether the next call normalizes by its own batch."""
        return (self.training and not self.frozen) or self.running_mean is None

    def evaluation_stats(self) -> Stats | None:
        """Mean and variance ``(C,)`` that evaluation uses; ``None`` where its input has a say."""
        if self.running_mean is None or self.running_var is None:
            return None
        return self.running_mean, self.running_var

    def next_momentum(self) -> float:
        """Count a batch in and return the weight it has in the running statistics."""
        if self.num_batches_tracked is None or not self.training or self.frozen:
            return 0.0
        self.num_batches_tracked.add_(1)
        if self.momentum is None:
            return 1.0 / float(self.num_batches_tracked)
        return self.momentum

    def check_input(self, x: Tensor) -> None:
        """Refuse a tensor of other features, or of a rank that the class does not serve."""
        check_features(x, self.num_features)
        if self.spatial_axes is not None and x.dim() - 2 not in self.spatial_axes:
            raise ParameterError(
                f"{type(self).__name__} does not take shape {tuple(x.shape)}: "
                f"use BatchNorm{max(1, x.dim() - 2)}d or BatchNorm"
            )

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        self.check_input(x)
        momentum = self.next_momentum() if stats is None and x.numel() else 0.0
        return batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.uses_batch(),
            momentum,
            self.eps,
            mask=mask,
            stats=stats,
        )

    def extra_repr(self) -> str:
        tail = ", frozen" if self.frozen else ""
        return (
            f"{self.num_features}, eps={self.eps:g}, momentum={self.momentum}, "
            f"affine={self.affine}, track_running_stats={self.track_running_stats}{tail}"
        )


class BatchNorm1d(BatchNorm):
    """:class:`BatchNorm` that takes ``(N, C)`` or ``(N, C, L)`` only."""

    spatial_axes = (0, 1)


class BatchNorm2d(BatchNorm):
    """:class:`BatchNorm` that takes ``(N, C, H, W)`` only."""

    spatial_axes = (2,)


class BatchNorm3d(BatchNorm):
    """:class:`BatchNorm` that takes ``(N, C, D, H, W)`` only."""

    spatial_axes = (3,)
