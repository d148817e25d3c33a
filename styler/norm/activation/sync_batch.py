"""Batch normalization over the batches of all processes, for training on several devices.

Ioffe & Szegedy 2015, arXiv:1502.03167, across devices as Peng et al. 2018, "MegDet: A Large
Mini-Batch Object Detector", arXiv:1711.07240, do it.
"""

import torch
import torch.distributed as dist
from torch import Tensor, nn

from styler.norm.activation.batch import (
    BatchNorm,
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    update_running,
)
from styler.norm.moments import spatial_mask
from styler.norm.registry import register
from styler.norm.statistics import Stats, channel_affine, channel_moments, merge

__all__ = ["SyncBatchNorm", "sync_batch_norms"]

PLAIN = (BatchNorm, BatchNorm1d, BatchNorm2d, BatchNorm3d)
PLAIN_OF_TORCH = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


@register(
    "sync_batch",
    "activation",
    axes="N, H, W of one channel, of all processes",
    formula="y = g_c (x - mean_c) / sqrt(var_c + eps) + b_c; running statistics in evaluation",
    batch=True,
    modes=True,
    shines="training on several devices that hold few pictures each",
    source="Peng et al. 2018, arXiv:1711.07240",
    channel_dim=1,
    torch="torch.nn.SyncBatchNorm",
)
class SyncBatchNorm(BatchNorm):
    r"""Batch norm in training by the statistics of all processes of a group.

    .. math:: \mu = \frac{\sum_i m_i \mu_i}{\sum_i m_i}, \qquad
              \sigma^2 = \frac{\sum_i m_i (\sigma_i^2 + (\mu_i - \mu)^2)}{\sum_i m_i}

    over the processes ``i`` with their means, biased variances and numbers of values. Processes may
    hold different numbers of samples, none included, and masks. On one process it is
    :class:`styler.norm.BatchNorm`.

    Args:
        num_features: channels ``C``.
        process_group: of :mod:`torch.distributed`; ``None`` is all processes.
        eps, momentum, affine, bias, track_running_stats, device, dtype: see
            :class:`styler.norm.BatchNorm`.

    Source: Peng et al. 2018, section 4. :class:`torch.nn.SyncBatchNorm`, whose state it loads, runs
    on GPUs only and knows no mask. Turn a model's batch norms into it by :func:`sync_batch_norms`.
    """

    def __init__(
        self,
        num_features: int,
        *,
        process_group: dist.ProcessGroup | None = None,
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
        self.process_group = process_group

    def forward(self, x: Tensor, mask: Tensor | None = None, stats: Stats | None = None) -> Tensor:
        if stats is not None or not self.uses_batch() or not self._has_company():
            return super().forward(x, mask, stats)
        self.check_input(x)
        stats, count = self._joint_stats(x, mask)
        update_running(self.running_mean, self.running_var, stats, count, self.next_momentum())
        return channel_affine(x, stats, self.weight, self.bias, self.eps)

    def _has_company(self) -> bool:
        together = dist.is_available() and dist.is_initialized()
        return together and dist.get_world_size(self.process_group) > 1

    def _sum(self, *values: Tensor) -> list[Tensor]:
        """Sums over all processes, in one exchange."""
        from torch.distributed.nn.functional import all_reduce  # not in every build of torch

        group = dist.group.WORLD if self.process_group is None else self.process_group
        flat = torch.cat([v.reshape(-1) for v in values])
        flat = all_reduce(flat, group=group)  # type: ignore[no-untyped-call]
        parts = flat.split([v.numel() for v in values])
        return [part.view(v.shape) for part, v in zip(parts, values, strict=True)]

    def _joint_stats(self, x: Tensor, mask: Tensor | None) -> tuple[Stats, Tensor]:
        stats, mass = channel_moments(x, mask)
        (mean, variance), _ = merge(stats, mass, 0)
        own = mass.sum()
        squares = own if mask is None else spatial_mask(x, mask).to(own.dtype).square().sum()
        weighed, total, squares = self._sum(own * mean[0], own, squares)
        tiny = torch.finfo(own.dtype).tiny
        joint = weighed / total.clamp_min(tiny)
        (spread,) = self._sum(own * (variance[0] + (mean[0] - joint).square()))
        count = total * (total / squares.clamp_min(tiny))
        return (joint, spread / total.clamp_min(tiny)), count


def sync_batch_norms(model: nn.Module, process_group: dist.ProcessGroup | None = None) -> nn.Module:
    """Put :class:`SyncBatchNorm` in place of every plain batch norm of a model, torch's too.

    Parameters and running statistics are shared with the norms that are replaced. Relatives (ghost,
    renorm, switchable, ...) are other functions and stay, which
    :meth:`torch.nn.SyncBatchNorm.convert_sync_batchnorm` does not heed. Returns the model (or its
    replacement, if it is a batch norm itself).
    """
    for name, child in model.named_children():
        setattr(model, name, sync_batch_norms(child, process_group))
    if type(model) not in (*PLAIN, *PLAIN_OF_TORCH):
        return model
    assert isinstance(model, (BatchNorm, *PLAIN_OF_TORCH))
    new = SyncBatchNorm(
        model.num_features,
        process_group=process_group,
        eps=model.eps,
        momentum=model.momentum,
        affine=False,
        track_running_stats=model.track_running_stats,
    )
    new.affine = model.affine
    new.weight, new.bias = model.weight, model.bias
    new.running_mean, new.running_var = model.running_mean, model.running_var
    new.num_batches_tracked = model.num_batches_tracked
    new.frozen = isinstance(model, BatchNorm) and model.frozen
    return new.train(model.training)
